/** The least that a CoAP exchange can be here: dgram and coap-packet, no retransmission, no deduplication, no layers. */
import { createSocket, type Socket } from 'node:dgram'
import { generate, parse } from 'coap-packet'
import { check, octetAt, piece, small, type Contestant } from './contestant.ts'

const blockBytes = 1024
const lookup = (host: string, _options: unknown, done: (error: null, address: string, family: number) => void) => done(null, host, 4)
const open = (port: number): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, lookup: lookup })
    socket.bind(port, '127.0.0.1', () => resolve(socket))
  })
const blockNumber = (value: Buffer | undefined) => (value === undefined || value.length === 0 ? 0 : value.readUIntBE(0, value.length) >> 4)
const blockValue = (num: number, more: boolean): Buffer => {
  const value = (num << 4) | (more ? 8 : 0) | 6
  return value < 256
    ? Buffer.of(value)
    : value < 65536
      ? Buffer.of(value >> 8, value & 255)
      : Buffer.of(value >> 16, (value >> 8) & 255, value & 255)
}

export const bareLoop: Contestant = {
  serve: async (bodyBytes) => {
    const socket = await open(0)
    const body = piece(0, bodyBytes)
    socket.on('message', (octets, { port, address }) => {
      const { messageId, token, options, code, payload } = parse(octets)
      const head = { ack: true, messageId, token }
      const path = String(options.find(({ name }) => name === 'Uri-Path')?.value)
      if (code === '0.03') {
        const block = options.find(({ name }) => name === 'Block1')!.value
        check(
          'push',
          payload[0] === octetAt(blockNumber(block) * blockBytes) && payload[1023] === octetAt(blockNumber(block) * blockBytes + 1023),
        )
        const more = (block[block.length - 1]! & 8) !== 0
        socket.send(generate({ ...head, code: more ? '2.31' : '2.04', options: [{ name: 'Block1', value: block }] }), port, address)
        return
      }
      if (path === 'small') return socket.send(generate({ ...head, code: '2.05', payload: small }), port, address)
      const num = blockNumber(options.find(({ name }) => name === 'Block2')?.value)
      const total = path === 'body' ? bodyBytes : Number(String(options.find(({ name }) => name === 'Uri-Query')?.value))
      const at = num * blockBytes
      const part = path === 'body' ? body.subarray(at, at + blockBytes) : piece(at, Math.min(blockBytes, total - at))
      const top = generate({ ...head, code: '2.05', options: [{ name: 'Block2', value: blockValue(num, at + blockBytes < total) }] })
      socket.send([top, marker, part], port, address)
    })
    return socket.address().port
  },
  get: async (port, count, window) => {
    const socket = await open(0)
    const waiting = new Set<string>()
    let sent = 0
    let done = 0
    const send = () => {
      const token = Buffer.alloc(8)
      token.writeUInt32BE(++sent, 4)
      waiting.add(token.toString('hex'))
      socket.send(
        generate({
          code: '0.01',
          confirmable: true,
          messageId: sent & 0xffff,
          token,
          options: [{ name: 'Uri-Path', value: Buffer.from('small') }],
        }),
        port,
        '127.0.0.1',
      )
    }
    await new Promise<void>((resolve) => {
      socket.on('message', (octets) => {
        const { token, payload } = parse(octets)
        if (!waiting.delete(token.toString('hex'))) return
        check('get', payload.equals(small))
        if (++done === count) return resolve()
        if (sent < count) send()
      })
      for (let i = 0; i < window; i++) send()
    })
    socket.close()
  },
  download: async (port, count, bodyBytes) => {
    for (let i = 0; i < count; i++) await read(port, bodyBytes, 'body')
  },
  pull: (port, bytes) => read(port, bytes, 'source'),
  push: async (port, bytes) => {
    const socket = await open(0)
    const token = Buffer.alloc(8)
    let num = 0
    const send = () => {
      const at = num * blockBytes
      const top = generate({
        code: '0.03',
        confirmable: true,
        messageId: num & 0xffff,
        token,
        options: [
          { name: 'Uri-Path', value: Buffer.from('sink') },
          { name: 'Block1', value: blockValue(num, at + blockBytes < bytes) },
        ],
      })
      socket.send([top, marker, piece(at, blockBytes)], port, '127.0.0.1')
    }
    await new Promise<void>((resolve) => {
      socket.on('message', (octets) => {
        const { code, messageId } = parse(octets)
        if (messageId !== (num & 0xffff)) return
        if (code === '2.04') return resolve()
        num++
        send()
      })
      send()
    })
    socket.close()
  },
}

const marker = Buffer.of(0xff)
const read = async (port: number, bodyBytes: number, path: string) => {
  const socket = await open(0)
  const parts: Buffer[] = []
  const token = Buffer.alloc(8)
  let num = 0
  const keep = path === 'body'
  const send = () =>
    socket.send(
      generate({
        code: '0.01',
        confirmable: true,
        messageId: num & 0xffff,
        token,
        options: [
          { name: 'Uri-Path', value: Buffer.from(path) },
          { name: 'Uri-Query', value: Buffer.from(String(bodyBytes)) },
          { name: 'Block2', value: blockValue(num, false) },
        ],
      }),
      port,
      '127.0.0.1',
    )
  await new Promise<void>((resolve) => {
    socket.on('message', (octets) => {
      const { options, payload, messageId } = parse(octets)
      if (messageId !== (num & 0xffff)) return
      const block = options.find(({ name }) => name === 'Block2')!.value
      check('block', blockNumber(block) === num && payload[0] === octetAt(num * blockBytes))
      if (keep) parts.push(payload)
      if ((block[block.length - 1]! & 8) === 0) return resolve()
      num++
      send()
    })
    send()
  })
  if (keep) check('body', Buffer.concat(parts).equals(piece(0, bodyBytes)))
  socket.close()
}
