/** Every kind of fault that the lab knows: what it does, how it must end, and what `explain` must say of it. */
import { NEVER, of, throwError, timer } from 'rxjs'
import type { Environment } from '../../../src/core/environment.ts'
import { Lwm2mError } from '../../../src/core/error.ts'
import type { HttpServed } from '../../../src/core/ports.ts'
import { blockOf, blockOption, sizeOf } from '../../../src/blockwise/block.ts'
import { responses, type Code } from '../../../src/message/code.ts'
import { noBytes, type Message } from '../../../src/message/message.ts'
import { find, opaqueOption, options, uintOption, withOption } from '../../../src/message/option.ts'
import { tampered, tamperedHttp, type Tamper } from '../../../src/simulation/tampering.ts'
import { troubledStorage } from '../../../src/simulation/troubled-storage.ts'
import type { Fault, Stage, Way } from './lab.ts'

const pulls: readonly Way[] = ['pull-coap', 'pull-coaps', 'pull-burst']
const pushes: readonly Way[] = ['push-coap', 'push-coaps', 'push-burst']
const tcp: readonly Way[] = ['pull-tcp', 'push-tcp']
const http: readonly Way[] = ['pull-http']
const datagrams: readonly Way[] = [...pulls, ...pushes]
const coap: readonly Way[] = [...datagrams, ...tcp]
const pulled: readonly Way[] = [...pulls, 'pull-tcp']
const pushed: readonly Way[] = [...pushes, 'push-tcp']
const oneByOne = (ways: readonly Way[]) => ways.filter((way) => !way.endsWith('burst'))
const all: readonly Way[] = [...coap, ...http]

// ── which message it is ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** The block, by itself or in a burst. */
const blockIn = ({ options: known }: Message, ...numbers: readonly number[]) => {
  const number = numbers.find((one) => find(known, one) !== undefined)
  const block = number === undefined ? undefined : blockOf(known, number)
  return block && { number: number!, block }
}
/** The number of the block of the image in an answer of the file server. */
const servedBlock = (message: Message): number | undefined =>
  message.code === responses.Content && message.payload.length > 0 && find(message.options, options.ETag) !== undefined
    ? blockIn(message, options.Block2, options.QBlock2)?.block.num
    : undefined
/** The number of the block in a request that pushes. */
const pushedBlock = (message: Message): number | undefined =>
  message.code === '0.03' ? blockIn(message, options.Block1, options.QBlock1)?.block.num : undefined
/** The number of the block that an answer to a push is about. */
const takenBlock = (message: Message): number | undefined => {
  if (!message.code.startsWith('2.')) return undefined
  // That a set of a burst has come is said without a number.
  return blockIn(message, options.Block1)?.block.num ?? (message.code === responses.Continue ? Infinity : undefined)
}

/** Drawn once for each world: the block that it happens to. */
const some = ({ luck, size, way }: Stage): number => {
  const blocks = Math.ceil(size / 1024)
  // Over a stream many blocks come at once: one of the first half, so that a message begins at it or after it.
  return 1 + (luck.uint32() % (way.endsWith('tcp') ? blocks >> 1 : blocks - 2))
}
/** `change` is done to the answers about blocks from a drawn one on: so often, or as long as they come. */
const spoiled =
  (change: (message: Message) => Message, times: number) =>
  (env: Environment, stage: Stage): Environment => {
    const from = some(stage)
    let left = times
    return tampered(env, (message) => {
      const num = servedBlock(message)
      if (num === undefined || num < from || left <= 0) return [message]
      left--
      return [change(message)]
    })
  }
const answering =
  (code: Code, maxAgeS?: number) =>
  (message: Message): Message => ({
    ...message,
    code,
    options: maxAgeS === undefined ? [] : [uintOption(options.MaxAge, maxAgeS)],
    payload: noBytes,
  })
const otherNumber = (message: Message): Message => {
  const { number, block } = blockIn(message, options.Block2, options.QBlock2)!
  return {
    ...message,
    options: withOption(message.options, blockOption(number, (block.num + 1) * sizeOf(block.szx), block.more, block.szx)),
  }
}
/** Each of the first half is called by the other's number, two by two. */
const exchanged = (env: Environment, { size }: Stage): Environment =>
  tampered(env, (message) => {
    const { number, block } = blockIn(message, options.QBlock2) ?? { number: 0, block: { num: Infinity, more: false, szx: 0 } }
    if (servedBlock(message) === undefined || block.num < 2 || (block.num | 1) >= size / 2_048 - 1) return [message]
    const other = blockOption(number, (block.num ^ 1) * sizeOf(block.szx), block.more, block.szx)
    return [{ ...message, options: withOption(message.options, other) }]
  })
const cutShort = (message: Message): Message => ({ ...message, payload: message.payload.subarray(0, message.payload.length >> 1) })
/** Blocks that are not the last: a last one may be short. */
const inTheMidst =
  (change: (message: Message) => Message) =>
  (message: Message): Message =>
    blockIn(message, options.Block2, options.QBlock2)?.block.more === true ? change(message) : message
const withEtag = (message: Message, octet: number): Message => ({
  ...message,
  options: withOption(message.options, opaqueOption(options.ETag, Uint8Array.of(9, 9, octet & 255))),
})
const answersOfPush =
  (change: (message: Message) => Message, times: number) =>
  (env: Environment, stage: Stage): Environment => {
    const from = some(stage)
    let left = times
    return tampered(env, (message) => {
      const num = takenBlock(message)
      if (num === undefined || num < from || left <= 0) return [message]
      left--
      return [change(message)]
    })
  }
/** Loses the first transmission, or every one of `times`, of a drawn block. */
const losing =
  (blockIn: (message: Message) => number | undefined, times: number): ((env: Environment, stage: Stage) => Environment) =>
  (env, stage) => {
    const lost = some(stage)
    let left = times
    const tamper: Tamper = (message) => (blockIn(message) === lost && left-- > 0 ? [] : [message])
    return tampered(env, tamper)
  }
const refusing =
  (status: number, times: number, headers: Readonly<Record<string, string>> = {}) =>
  (env: Environment): Environment => {
    let left = times
    return tamperedHttp(env, (answer) => (left-- > 0 ? { status, headers } : answer))
  }
const cutBodies =
  (times: number) =>
  (env: Environment): Environment => {
    let left = times
    return tamperedHttp(env, (answer): HttpServed => {
      if (answer.body === undefined || left-- <= 0) return answer
      const { body } = answer
      return { ...answer, body: { ...body, length: body.length >> 1 } }
    })
  }

/** For a while from when half of the image is there. */
const halfway =
  (begin: (stage: Stage) => void, end: (stage: Stage) => void = () => {}, lastsMs = 0) =>
  (stage: Stage): void =>
    stage.atBytes(stage.size >> 1, () => {
      begin(stage)
      if (lastsMs > 0) stage.it.scheduler.post(() => end(stage), lastsMs)
    })
const address = '10.0.0.99'

// ── the faults ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const faults: readonly Fault[] = [
  { name: 'nothing', ways: all, ends: 'installed' },
  // the network
  { name: 'loss of every fifth datagram', ways: coap, ends: 'installed', network: { loss: 0.2, minMs: 5, maxMs: 40 }, orders: 5 },
  { name: 'duplication of every second datagram', ways: all, ends: 'installed', network: { duplication: 0.5, minMs: 5, maxMs: 40 } },
  { name: 'reordering', ways: all, ends: 'installed', network: { reorder: 0.4, minMs: 5, maxMs: 300 } },
  {
    name: 'loss, duplication and reordering',
    ways: coap,
    ends: 'installed',
    network: { loss: 0.1, duplication: 0.3, reorder: 0.3, minMs: 5, maxMs: 400 },
    orders: 5,
  },
  {
    name: 'octets corrupted for ten minutes',
    ways: coap,
    ends: 'installed',
    network: { corruption: 0.1, minMs: 5, maxMs: 40 },
    orders: 40,
    script: ({ it }) => it.at(600_000, () => it.network.faults({ minMs: 5, maxMs: 20 })),
  },
  { name: 'one block lost once', ways: pulls, ends: 'installed', onServer: losing(servedBlock, 1) },
  { name: 'one pushed block lost once', ways: pushes, ends: 'installed', onServer: losing(pushedBlock, 1) },
  { name: 'one block lost four times', ways: pulls, ends: 'installed', meanwhile: 'peer-silent', onServer: losing(servedBlock, 4) },
  { name: 'one pushed block lost four times', ways: pushes, ends: 'installed', meanwhile: 'peer-silent', onServer: losing(pushedBlock, 4) },
  {
    name: 'one pushed block acknowledged four times in vain',
    ways: oneByOne(pushes),
    ends: 'installed',
    meanwhile: 'peer-silent',
    onDevice: losing(takenBlock, 4),
  },
  {
    name: 'acknowledgements delayed',
    ways: datagrams,
    ends: 'installed',
    onServer: (env, { luck }) =>
      tampered(env, (message) => ({ messages: [message], afterMs: message.type === 'ACK' ? luck.uint32() % 6_000 : 0 })),
    onDevice: (env, { luck }) =>
      tampered(env, (message) => ({ messages: [message], afterMs: message.type === 'ACK' ? luck.uint32() % 6_000 : 0 })),
  },
  {
    name: 'partition of twenty seconds',
    ways: coap,
    ends: 'installed',
    meanwhile: 'peer-silent',
    script: halfway(
      ({ it }) => it.network.cut(true, address),
      ({ it }) => it.network.cut(false, address),
      20_000,
    ),
  },
  {
    name: 'partition of five minutes',
    ways: all,
    ends: 'installed',
    orders: 4,
    meanwhile: 'peer-silent',
    script: halfway(
      ({ it }) => it.network.cut(true, address),
      ({ it }) => it.network.cut(false, address),
      300_000,
    ),
  },
  {
    name: 'partition for good',
    ways: pulled,
    ends: 4,
    cause: 'peer-silent',
    causeOver: { 'pull-tcp': 'unreachable' },
    meanwhile: 'peer-silent',
    script: halfway(({ it }) => it.network.cut(true, address)),
  },
  {
    name: 'partition for good during a push',
    ways: pushed,
    ends: 4,
    cause: 'peer-silent',
    meanwhile: 'peer-silent',
    script: halfway(({ it }) => it.network.cut(true, address)),
  },
  {
    name: 'another address',
    ways: coap,
    nat: true,
    ends: 'installed',
    orders: 3,
    script: halfway(({ device }) => device().host.nat?.rebind()),
  },
  // the file server
  { name: 'another block once', ways: oneByOne(pulled), ends: 'installed', onServer: spoiled(inTheMidst(otherNumber), 1) },
  { name: 'another block always', ways: oneByOne(pulled), ends: 4, cause: 'wrong-block', onServer: spoiled(otherNumber, Infinity) },
  // Of a burst any block may come: only the digest of the whole tells that it was another one, and it is ordered once more.
  {
    name: 'another block once in a burst',
    ways: ['pull-burst'],
    ends: 'installed',
    orders: 2,
    onServer: spoiled(inTheMidst(otherNumber), 1),
  },
  { name: 'blocks of a burst exchanged', ways: ['pull-burst'], ends: 5, cause: 'damaged', onServer: exchanged },
  { name: 'a short block once', ways: pulls, ends: 'installed', onServer: spoiled(inTheMidst(cutShort), 1) },
  { name: 'short blocks always', ways: pulls, ends: 4, cause: 'short-block', onServer: spoiled(inTheMidst(cutShort), Infinity) },
  { name: 'another ETag once', ways: pulled, ends: 'installed', onServer: spoiled((message) => withEtag(message, 1), 1) },
  {
    name: 'another ETag from then on',
    ways: pulled,
    ends: 'installed',
    onServer: (env, stage) => {
      const from = some(stage)
      let changed = false
      return tampered(env, (message) => {
        const num = servedBlock(message)
        changed ||= num !== undefined && num >= from
        return [num !== undefined && changed ? withEtag(message, 1) : message]
      })
    },
  },
  {
    name: 'another ETag with each block',
    ways: pulled,
    ends: 4,
    cause: 'file-changed',
    onServer: (env) => {
      let octet = 0
      return tampered(env, (message) => [servedBlock(message) === undefined ? message : withEtag(message, octet++)])
    },
  },
  { name: '4.04 in the midst', ways: pulled, ends: 7, cause: 'not-found', onServer: spoiled(answering('4.04'), Infinity) },
  { name: '4.03 in the midst', ways: pulled, ends: 7, cause: 'forbidden', onServer: spoiled(answering('4.03'), Infinity) },
  {
    name: '5.03 with Max-Age for a while',
    ways: pulled,
    ends: 'installed',
    meanwhile: 'busy',
    onServer: spoiled(answering('5.03', 20), 3),
  },
  { name: '5.03 always', ways: pulled, ends: 4, cause: 'busy', onServer: spoiled(answering('5.03', 20), Infinity) },
  { name: '5.00 always', ways: pulled, ends: 4, cause: 'peer-failed', onServer: spoiled(answering('5.00'), Infinity) },
  { name: '404', ways: http, ends: 7, cause: 'not-found', onServer: refusing(404, Infinity) },
  {
    name: '503 with Retry-After for a while',
    ways: http,
    ends: 'installed',
    meanwhile: 'busy',
    onServer: refusing(503, 3, { 'retry-after': '20' }),
  },
  { name: '503 always', ways: http, ends: 4, cause: 'busy', onServer: refusing(503, Infinity) },
  { name: 'a body that ends early, twice', ways: http, ends: 'installed', onServer: cutBodies(2) },
  {
    name: 'a server that acknowledges and does not answer',
    ways: oneByOne(pulled),
    ends: 4,
    meanwhile: 'slow-peer',
    cause: 'peer-silent',
    onServer: spoiled((message) => ({ ...message, code: '0.00', token: '', options: [], payload: noBytes }), Infinity),
  },
  {
    name: 'a server that rejects',
    ways: pulls,
    ends: 4,
    cause: 'rejected',
    onServer: spoiled((message) => ({ ...message, type: 'RST', code: '0.00', token: '', options: [], payload: noBytes }), Infinity),
  },
  {
    name: 'a restart of the server',
    ways: all,
    ends: 'installed',
    orders: 3,
    script: (stage) =>
      stage.atBytes(stage.size >> 1, () => {
        stage.server().crash()
        stage.it.scheduler.post(stage.server().restart, 30_000)
      }),
  },
  // the push, as the device answers it
  {
    name: 'sets of a burst acknowledged in vain',
    ways: ['push-burst'],
    ends: 'installed',
    onDevice: (env) => tampered(env, (message) => (takenBlock(message) === Infinity ? [] : [message])),
  },
  { name: '4.08 once', ways: pushed, ends: 'installed', orders: 2, onDevice: answersOfPush(answering('4.08'), 1) },
  {
    name: '4.08 always',
    ways: pushed,
    ends: 4,
    cause: 'peer-silent',
    serverCause: 'blocks-lost',
    onDevice: answersOfPush(answering('4.08'), Infinity),
  },
  {
    name: '4.13 always',
    ways: pushed,
    ends: 4,
    cause: 'peer-silent',
    serverCause: 'too-large',
    onDevice: answersOfPush(answering('4.13'), Infinity),
  },
  // the device
  { name: 'a package larger than it takes', ways: all, ends: 2, cause: 'store-full', application: ({ size }) => ({ bytesMax: size - 1 }) },
  {
    name: 'a full disk',
    ways: all,
    ends: 2,
    cause: 'store-full',
    storage: ({ size }) => troubledStorage({ limitBytes: 2_000 + (size >> 1) }),
  },
  {
    name: 'a store that fails',
    ways: all,
    ends: 2,
    cause: 'store-failed',
    storage: () => troubledStorage({ fails: (index) => index >= 3 || index === 0 }),
  },
  {
    name: 'a slow store',
    ways: coap,
    ends: 'installed',
    meanwhile: 'slow-store',
    storage: ({ it }) => troubledStorage({ writeMs: 9_000, scheduler: it.scheduler }),
  },
  {
    name: 'a power cut in the midst of a write',
    ways: all,
    ends: 'installed',
    orders: 4,
    storage: ({ it }) => troubledStorage({ tornMs: 4, scheduler: it.scheduler }),
    script: halfway(
      ({ device }) => device().crash(),
      ({ device }) => device().restart(),
      5_000,
    ),
  },
  {
    name: 'a package that is damaged',
    ways: all,
    ends: 5,
    cause: 'damaged',
    application: () => ({ verify: () => throwError(() => new Lwm2mError('firmware', 'the signature is wrong', { cause: 5 })) }),
  },
  {
    name: 'a package for another device',
    ways: all,
    ends: 6,
    cause: 'unsupported-package',
    application: () => ({ verify: () => of({ outcome: 'refused' as const, result: 6 as const, why: 'for model B' }) }),
  },
  {
    name: 'a verification that takes a minute',
    ways: pulled,
    ends: 'installed',
    meanwhile: 'verifying',
    application: ({ it }) => ({ verify: () => timer(60_000, it.scheduler) as never }),
  },
  {
    name: 'an installation that fails',
    ways: all,
    ends: 8,
    cause: 'installation-failed',
    application: () => ({ install: () => throwError(() => new Lwm2mError('firmware', 'no such partition')) }),
  },
  {
    name: 'a device that lets it wait',
    ways: pulled,
    ends: 'installed',
    meanwhile: 'deferred',
    application: ({ it }) => ({ approve: () => timer(300_000, it.scheduler) }),
  },
  {
    name: 'an operator who cancels in the midst',
    ways: all,
    ends: 10,
    cause: 'cancelled',
    script: halfway(({ client }) => client().execute('/5/0/10').subscribe()),
  },
  {
    name: 'an operator who resets in the midst',
    ways: all,
    ends: 0,
    cause: 'cancelled',
    script: halfway(({ client }) => client().write('/5/0/1', '').subscribe()),
  },
  {
    name: 'two reads and a write in the midst',
    ways: all,
    ends: 'installed',
    script: halfway(({ client }) => {
      client().read('/3/0/0').subscribe()
      client().read('/5/0').subscribe()
      client().write('/1/0/1', 301).subscribe()
    }),
  },
  {
    name: 'an installation without an end',
    ways: pulled,
    ends: 0,
    cause: 'installing',
    meanwhile: 'installing',
    untilMs: 1_500_000,
    application: () => ({ install: () => NEVER }),
  },
]
