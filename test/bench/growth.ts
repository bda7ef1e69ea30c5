/** What one exchange costs with 10 and with 10,000 remotes, open exchanges or observations: in one process, without sockets, so that only our own work counts. */
import { generate, parse } from 'coap-packet'
import { of, Subject, type Observable } from 'rxjs'
import { coapEndpoint, type CoapOptions } from '../../src/coap.ts'
import type { Environment } from '../../src/core/environment.ts'
import type { DatagramDown, DatagramUp } from '../../src/core/ports.ts'
import type { Request, Response } from '../../src/exchange/exchange.ts'
import { noBytes, noOptions } from '../../src/message/message.ts'
import { live } from '../../src/platform/live.ts'

const path = (name: string) => ({ number: 11, value: Buffer.from(name) })
const octets = (messageId: number, token: number, name: string, observe = false) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(token)
  return generate({
    code: '0.01',
    confirmable: true,
    messageId: messageId & 0xffff,
    token: bytes,
    options: [
      ...(observe ? [{ name: 'Observe' as const, value: Buffer.alloc(0) }] : []),
      { name: 'Uri-Path' as const, value: Buffer.from(name) },
    ],
  })
}
/** An endpoint of ours between two subjects. */
const bench = (options: CoapOptions) => {
  const received$ = new Subject<DatagramUp>()
  const sent: DatagramDown[] = []
  let count = 0
  const udp = () => (sent$: Observable<DatagramDown>) => {
    sent$.subscribe((datagram) => {
      count++
      sent.length = 0
      sent.push(datagram)
    })
    return received$
  }
  const env: Environment = { ...live(), transports: { udp } }
  const endpoint = coapEndpoint(env, { ...options, parameters: { nstart: 20_000, ...options.parameters } })
  const open = endpoint.up$.subscribe()
  return {
    endpoint,
    receive: (remote: string, bytes: Buffer) => received$.next({ type: 'datagram', remote, bytes }),
    last: () => sent[0],
    count: () => count,
    close: () => open.unsubscribe(),
  }
}
const content = of<Response>({ code: '2.05', options: noOptions, payload: Buffer.from('0123456789abcdef') })
const handler = (): Observable<Response> => content

/** Nanoseconds for one exchange while `rows` of something are there: the best of some rounds. */
export type Growth = (rows: number) => number

const measure = (exchange: (turn: number) => void): number => {
  let turn = 0
  for (let i = 0; i < 20_000; i++) exchange(turn++)
  let best = Infinity
  for (let round = 0; round < 9; round++) {
    const before = process.cpuUsage()
    for (let i = 0; i < 20_000; i++) exchange(turn++)
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, ((user + system) * 1000) / 20_000)
  }
  return best
}
const remotes = (rows: number) => Array.from({ length: rows }, (_, i) => `coap://10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:5683`)

/** Requests come from each of `rows` remotes in turn. */
const ofRemotes: Growth = (rows) => {
  const { receive, count, close } = bench({ handler })
  const all = remotes(rows)
  const nanoseconds = measure((turn) => receive(all[turn % rows]!, octets(turn, turn, 'small')))
  if (count() < 200_000) throw new Error('not every request was answered')
  close()
  return nanoseconds
}
/** One exchange after the other while `rows` others wait for their answers. */
const ofExchanges: Growth = (rows) => {
  const { endpoint, receive, last, close } = bench({})
  const ask = (remote: string): Request => ({
    remote,
    code: '0.01',
    options: [path('small')],
    payload: noBytes,
    confirmable: true,
    purpose: 'request',
  })
  for (const remote of remotes(rows)) endpoint.ask(ask(remote)).subscribe({ error: () => undefined })
  let answered = 0
  const nanoseconds = measure(() => {
    endpoint.ask(ask('coap://192.0.2.1:5683')).subscribe(() => answered++)
    const datagram = last()!
    if (datagram.type !== 'datagram') throw new Error('nothing was sent')
    const { messageId, token } = parse(datagram.bytes as Buffer)
    receive('coap://192.0.2.1:5683', generate({ code: '2.05', ack: true, messageId, token, payload: Buffer.from('ok') }))
  })
  if (answered < 200_000) throw new Error('not every request was answered')
  close()
  return nanoseconds
}
/** One exchange after the other while `rows` observations stand. */
const ofObservations: Growth = (rows) => {
  const { receive, count, close } = bench({
    handler: (request) => (request.options.some(({ number }) => number === 6) ? new Subject<Response>().asObservable() : content),
  })
  remotes(rows).forEach((remote, i) => receive(remote, octets(i, i, `r${i}`, true)))
  const nanoseconds = measure((turn) => receive('coap://192.0.2.1:5683', octets(turn, turn, 'small')))
  if (count() < 200_000) throw new Error('not every request was answered')
  close()
  return nanoseconds
}
/** The least that a table of rows can cost: coap-packet both ways and a Map. */
export const bareGrowth: Growth = (rows) => {
  const all = remotes(rows)
  const table = new Map<string, number>(all.map((remote) => [remote, 0]))
  return measure((turn) => {
    const remote = all[turn % rows]!
    const { messageId, token } = parse(octets(turn, turn, 'small'))
    table.set(remote, table.get(remote)! + 1)
    generate({ code: '2.05', ack: true, messageId, token, payload: Buffer.from('0123456789abcdef') })
  })
}
export const growths: Readonly<Record<string, Growth>> = { remotes: ofRemotes, exchanges: ofExchanges, observations: ofObservations }
