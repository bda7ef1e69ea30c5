/** node-coap, the package `coap`. */
import { createSocket } from 'node:dgram'
import * as coap from 'coap'
import type { IncomingMessage } from 'coap'
import { check, piece, small, type Contestant } from './contestant.ts'

/** With a socket of ours the agent does not close itself between two requests. */
const newAgent = () => {
  const socket = createSocket('udp4')
  const agent = new coap.Agent({ type: 'udp4', socket })
  return { agent, close: () => socket.close() }
}

export const nodeCoap: Contestant = {
  serve: (bodyBytes) =>
    new Promise((resolve) => {
      const body = piece(0, bodyBytes)
      const server = coap.createServer((request, response) => {
        response.end(request.url.startsWith('/small') ? small : body)
      })
      server.listen(0, '127.0.0.1', () =>
        resolve((server as unknown as { _sock: { address: () => { port: number } } })._sock.address().port),
      )
    }),
  get: (port, count, window) => {
    const { agent, close } = newAgent()
    let sent = 0
    let done = 0
    return new Promise((resolve, reject) => {
      const send = () => {
        sent++
        const request = coap.request({ hostname: '127.0.0.1', port, pathname: '/small', agent })
        request.on('error', reject)
        request.on('response', (response: IncomingMessage) => {
          check('get', response.payload.equals(small))
          if (++done === count) {
            close()
            return resolve()
          }
          if (sent < count) send()
        })
        request.end()
      }
      for (let i = 0; i < window; i++) send()
    })
  },
  download: async (port, count, bodyBytes) => {
    const { agent, close } = newAgent()
    const whole = piece(0, bodyBytes)
    for (let i = 0; i < count; i++)
      await new Promise<void>((resolve, reject) => {
        const request = coap.request({ hostname: '127.0.0.1', port, pathname: '/body', agent })
        request.setOption('Block2', Buffer.of(6))
        request.on('error', reject)
        request.on('response', (response: IncomingMessage) => {
          check('body', response.payload.equals(whole))
          resolve()
        })
        request.end()
      })
    close()
  },
}
