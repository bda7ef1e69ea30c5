/** One end of DTLS for the tests with peers: a street of secured octets, and whoever is started to talk to it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { resolve } from 'node:path'
import { of, Subject, type Subscription } from 'rxjs'
import type { DatagramDown, DatagramUp } from '../../src/core/ports.ts'
import { Secret } from '../../src/core/secret.ts'
import type { DtlsOptions } from '../../src/datagram/dtls/options.ts'
import { dtls } from '../../src/datagram/dtls/pipeline.ts'
import type { SuiteName } from '../../src/datagram/dtls/suite.ts'
import { live } from '../../src/platform/live.ts'
import { pause } from './peer.ts'

export const identity = 'device'
export const keyHex = '000102030405060708090a0b0c0d0e0f'
export const key: Secret = new Secret(Uint8Array.from(Buffer.from(keyHex, 'hex')))
export const psk: { readonly identity: Uint8Array; readonly key: Secret } = { identity: new TextEncoder().encode(identity), key }
/** Knows one identity, and is it. */
export const credentials: DtlsOptions['credentials'] = {
  own: () => of(psk),
  peer: ({ identity: asked }) => of(Buffer.from(asked).toString() === identity ? key : undefined),
}
export const pion: string = resolve(import.meta.dirname, 'target/pion-peer')

/** The suites that a peer and we have in common, each by the peer's own name for it. */
export interface Spoken {
  readonly suite: SuiteName
  readonly openssl: string
  readonly gnutls: string
  readonly pion: string
}
export const spoken: readonly Spoken[] = [
  { suite: 'TLS_PSK_WITH_AES_128_CCM_8', openssl: 'PSK-AES128-CCM8', gnutls: '+AES-128-CCM-8:+AEAD:+PSK', pion: 'CCM_8' },
  { suite: 'TLS_PSK_WITH_AES_128_GCM_SHA256', openssl: 'PSK-AES128-GCM-SHA256', gnutls: '+AES-128-GCM:+AEAD:+PSK', pion: 'GCM' },
  {
    suite: 'TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256',
    openssl: 'ECDHE-PSK-AES128-CBC-SHA256',
    gnutls: '+AES-128-CBC:+SHA256:+ECDHE-PSK:+GROUP-SECP256R1',
    pion: 'ECDHE_CBC',
  },
  { suite: 'TLS_PSK_WITH_AES_128_CBC_SHA256', openssl: 'PSK-AES128-CBC-SHA256', gnutls: '+AES-128-CBC:+SHA256:+PSK', pion: 'CBC' },
]

/** Our end while it is open. */
export interface End {
  readonly say: (word: DatagramDown) => void
  readonly heard: readonly DatagramUp[]
  /** The first word of that kind, when it comes. */
  readonly word: <Type extends DatagramUp['type']>(type: Type, count?: number) => Promise<Extract<DatagramUp, { readonly type: Type }>>
  readonly close: () => void
}

/** Opens the street; `answers` says what is sent back for what came. */
export const open = (
  options: Partial<DtlsOptions> = {},
  { listens = false, answers }: { readonly listens?: boolean; readonly answers?: (bytes: Uint8Array) => Uint8Array } = {},
): End => {
  const env = live()
  const down$ = new Subject<DatagramDown>()
  const heard: DatagramUp[] = []
  const street = dtls(env, { credentials, ...options })(env.transports.udp(listens ? { listen: { address: '127.0.0.1', port: 0 } } : {}))
  const use: Subscription = street(down$).subscribe((word) => {
    heard.push(word)
    if (word.type === 'datagram' && answers !== undefined) down$.next({ ...word, bytes: answers(word.bytes) })
  })
  const word: End['word'] = async (type, count = 1) => {
    for (let passed = 0; passed < 600; passed++) {
      const found = heard.filter((each) => each.type === type)[count - 1]
      if (found !== undefined) return found as never
      await pause(25)
    }
    throw new Error(`no ${type}, but ${JSON.stringify(heard)}`)
  }
  return { say: (value) => down$.next(value), heard, word, close: () => use.unsubscribe() }
}

/** A program that is talked to line by line. */
export interface Talker {
  readonly process: ChildProcess
  readonly tell: (text: string) => void
  /** The first match of what it said, when it has. */
  readonly hear: (pattern: RegExp) => Promise<RegExpExecArray>
  readonly said: () => string
  readonly stop: () => Promise<void>
}
export const talk = (command: string, args: readonly string[], cwd?: string): Talker => {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd })
  let said = ''
  let ended = false
  const note = (piece: Buffer) => (said += piece.toString('latin1'))
  child.stdout.on('data', note)
  child.stderr.on('data', note)
  child.stdin.on('error', () => undefined)
  const end = new Promise<void>((done) => {
    child.once('error', (error) => {
      said += String(error)
      ended = true
      done()
    })
    child.once('exit', () => {
      ended = true
      done()
    })
  })
  // A test run that dies takes its peers along.
  const orphan = () => child.kill('SIGKILL')
  process.once('exit', orphan)
  void end.then(() => process.off('exit', orphan))
  return {
    process: child,
    tell: (text) => child.stdin.write(text),
    hear: async (pattern) => {
      for (let passed = 0; passed < 600; passed++) {
        const found = pattern.exec(said)
        if (found !== null) return found
        if (ended) break
        await pause(25)
      }
      throw new Error(`${command} did not say ${String(pattern)} but:\n${said}`)
    },
    said: () => said,
    stop: async () => {
      if (ended) return
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 2_000)
      await end
      clearTimeout(late)
    },
  }
}
export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
export const bytesOf = (words: string): Uint8Array => new TextEncoder().encode(words)
