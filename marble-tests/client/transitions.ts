/** A ladder for each arrow of the diagrams in docs/lifecycle.md: run by transitions.test.ts. One character is a second. */
import type { AccountOptions } from '../../src/client/account-options.ts'
import type { ClientDescription } from '../../src/client/configure.ts'
import type { Phase } from '../../src/client/state.ts'
import { Secret } from '../../src/core/secret.ts'
import { answered, at, changed, closed, created, failed, node, opened, requested } from './device.ts'
import { life, type Life } from './life.ts'
import { like } from '../../src/testing/index.ts'

/** How an account comes from one phase to the next: what goes in, and what the client sends. */
export interface Arrow {
  readonly role: 'server' | 'bootstrap'
  readonly from: Phase
  readonly to: Phase
  readonly machine: Life
  readonly account: number
  readonly submitted: string
  readonly received: string
  readonly transmitted: string
}

// ── what goes in ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

const binding = at('/1/0/7')
const pack = (id: number) => [
  node(`/0/${id}/0`, 'coap://given:5683'),
  node(`/0/${id}/1`, false),
  node(`/0/${id}/2`, 3),
  node(`/0/${id}/10`, 7),
  node(`/1/${id}/0`, 7),
  node(`/1/${id}/1`, 600),
  node(`/1/${id}/6`, true),
  node(`/1/${id}/7`, 'U'),
  node(`/1/${id}/17`, 1),
]
export const letters: Readonly<Record<string, unknown>> = {
  // of the first account: a link, its end, answers
  ...{ o: opened(), k: closed('unreachable'), l: closed('lost') },
  ...{ c: created(), u: changed, d: answered('2.02'), x: answered('4.03'), y: answered('4.04'), t: failed('timeout') },
  ...{ v: requested(1, { type: 'delete', path: { object: 1 } }), p: answered('2.05', { nodes: pack(4) }) },
  // of another
  ...{ i: opened(4), j: closed('unreachable', 4) },
  // the application
  ...{
    q: { type: 'stop' },
    h: { type: 'stop', deregister: false },
    r: { type: 'restart' },
    b: { type: 'bootstrap' },
    g: { type: 'register' },
  },
  ...{ s: { type: 'disable' }, e: { type: 'enable' }, f: { type: 'offline' }, n: { type: 'online' }, w: { type: 'update' } },
  z: { type: 'send', send: 'one', paths: [at('/3/0/9')], nodes: [] },
  a: { type: 'disable', account: 1 },
  m: { type: 'change', changes: [{ type: 'replace', path: binding, nodes: [{ path: binding, value: 'X' }] }] },
  // what comes out, beside the letters of life.ts: an answer, a Send
  A: like({ type: 'respond' }),
  S: like({ type: 'perform', operation: { type: 'send' } }),
}

// ── devices ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const psk = { identity: 'me', key: new Secret(new TextEncoder().encode('sixteen octets!!')) }
const bs = { bootstrap: true, uri: 'coap://bs:5683' } as const
const device = (accounts: readonly Partial<AccountOptions>[], more: Partial<ClientDescription> = {}): Life => life(accounts, more)
const one = device([{}])
const once = device([{ retryCount: 1 }])
const twoInOrder = device([{ priority: 1 }, { priority: 2 }])
const sleepy = device([{ queueMode: true }])
const sleepySecured = device([{ queueMode: true, uri: 'coaps://server:5684', psk }])
const both = device([{}, bs], { version: '1.1' })
const bootstrapped = device([bs], { version: '1.1' })
const bootstrappedOnce = device([bs], { version: '1.1', lifecycle: { bootstrapRetryCount: 1 } })
const held = device([{ ...bs, holdOffSeconds: 5 }], { version: '1.1' })
const heldOpen = device([{ ...bs, holdOffSeconds: 5 }], { version: '1.0', lifecycle: { serverInitiatedBootstrap: true } })
const unspoken = { uri: 'coap+tcp://server:5683' } as const
const udpOnly = { schemes: ['coap'] } as const

// ── arrows ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Told = readonly [to: Phase, machine: Life, submitted: string, received: string, transmitted: string, account?: number]
const arrows = (role: Arrow['role'], from: Phase, ...all: readonly Told[]): readonly Arrow[] =>
  all.map(([to, machine, submitted, received, transmitted, account = 0]) => ({
    ...{ role, from, to, machine, submitted, received, transmitted, account },
  }))

const server: readonly Arrow[] = [
  ...arrows(
    'server',
    'idle',
    ['waiting', device([{ priority: 1 }, { priority: 2, initialDelaySeconds: 10 }]), '', '-oc', 'OR', 1],
    ['connecting', twoInOrder, '', '-oc', 'ORO', 1],
    ['failed', device([{ priority: 1 }, { priority: 2, ...unspoken }], udpOnly), '', '-oc', 'OR', 1],
    ['offline', twoInOrder, 'f', '', '(OC)', 1],
    ['disabled', twoInOrder, '-a', '', 'O', 1],
    ['stopped', twoInOrder, '-q', '', 'OC', 1],
  ),
  ...arrows(
    'server',
    'waiting',
    ['connecting', one, '', '', 'O'],
    ['idle', twoInOrder, '', '', 'O', 1],
    ['failed', device([unspoken], udpOnly), '', '', '-'],
    ['offline', one, '---f', '-k', 'O'],
    ['disabled', one, '---s', '-k', 'O'],
    ['stopped', one, '---q', '-k', 'O'],
  ),
  ...arrows(
    'server',
    'connecting',
    ['registering', one, '', '-o', 'OR'],
    ['updating', one, '----f-n', '-oc----o', 'OR--C-OU'],
    ['registered', sleepySecured, '--- 120s z', '-oc 122s o', 'OR 93s C---------------------------O-S'],
    ['deregistering', sleepy, '--- 120s q', '-oc 122s o', 'OR 93s C---------------------------O-D'],
    ['waiting', one, '', '-k', 'O'],
    ['failed', once, '', '-k', 'O'],
    ['idle', both, '-b', '', 'O(CO)'],
    ['disabled', one, '-s', '', 'OC'],
    ['offline', one, '-f', '', 'OC'],
    ['stopped', one, '-q', '', 'OC'],
  ),
  ...arrows(
    'server',
    'registering',
    ['registered', one, '', '-oc', 'OR'],
    ['waiting', one, '', '-ox', 'ORC'],
    ['failed', once, '', '-ox', 'ORC'],
    ['connecting', one, '--g', '-o', 'OR(XCO)'],
    ['deregistering', one, '--q', '-o-c', 'OR-D'],
    ['idle', both, '--b', '-o', 'OR(XCO)'],
    ['disabled', one, '--s', '-o', 'OR(XC)'],
    ['offline', one, '--f', '-o', 'OR(XC)'],
    ['stopped', one, '--h', '-o', 'OR(XC)'],
  ),
  ...arrows(
    'server',
    'registered',
    ['updating', one, '---w', '-oc', 'OR-U'],
    ['asleep', sleepy, '--- 120s -', '-oc', 'OR 93s C'],
    ['connecting', one, '', '-oc-l', 'OR--O'],
    ['deregistering', one, '---s', '-oc', 'OR-D'],
    ['offline', one, '---f', '-oc', 'OR-C'],
    ['stopped', one, '---h', '-oc', 'OR-C'],
  ),
  ...arrows(
    'server',
    'updating',
    ['registered', one, '---w', '-oc-u', 'OR-U'],
    ['connecting', one, '---w', '-oc- 93s t', 'OR-U 93s (CO)'],
    ['registering', device([{ uri: 'coaps://server:5684', psk }]), '---w', '-oc-y', 'OR-UR'],
    ['deregistering', one, '---ws', '-oc', 'OR-U(XD)'],
    ['offline', one, '---wf', '-oc', 'OR-U(XC)'],
    ['stopped', one, '---wh', '-oc', 'OR-U(XC)'],
  ),
  ...arrows(
    'server',
    'asleep',
    ['connecting', sleepy, '--- 120s w', '-oc', 'OR 93s C---------------------------O'],
    ['offline', sleepy, '--- 120s f', '-oc', 'OR 93s C'],
    ['stopped', sleepy, '--- 120s h', '-oc', 'OR 93s C'],
  ),
  ...arrows(
    'server',
    'deregistering',
    ['disabled', one, '---s', '-oc-d', 'OR-DC'],
    ['idle', both, '---b', '-oc-d', 'OR-D(CO)'],
    ['waiting', one, '---r', '-oc-d', 'OR-D(CO)'],
    ['connecting', one, '---sg', '-oc', 'OR-D(XCO)'],
    ['offline', one, '---sfg', '-oc', 'OR-D-(XC)'],
    ['stopped', one, '---q', '-oc-d', 'OR-DC'],
  ),
  ...arrows(
    'server',
    'disabled',
    ['connecting', one, '---s--e', '-oc-d', 'OR-DC-O'],
    ['waiting', one, '---s--r', '-oc-d', 'OR-DC-O'],
    ['idle', both, '---s--b', '-oc-d', 'OR-DC-O'],
    ['failed', one, '---s--me', '-oc-d', 'OR-DC'],
    ['offline', one, '---s--fe', '-oc-d', 'OR-DC'],
    ['stopped', one, '---s--q', '-oc-d', 'OR-DC'],
  ),
  ...arrows(
    'server',
    'offline',
    ['connecting', one, '---f-n', '-oc', 'OR-C-O'],
    ['waiting', one, '---f-n', '-k', 'O----O'],
    ['idle', both, '---f-b', '-oc', 'OR-C'],
    ['disabled', one, '---f-s', '-oc', 'OR-C'],
    ['stopped', one, '---f-q', '-oc', 'OR-C'],
  ),
  ...arrows(
    'server',
    'failed',
    ['connecting', once, '---g', '-k', 'O--O'],
    ['offline', once, '---fg', '-k', 'O'],
    ['waiting', once, '---r', '-k', 'O--O'],
    ['idle', device([{ retryCount: 1, bootstrapOnFailure: false }, bs]), '---b', '-k', 'O--O'],
    ['stopped', once, '---q', '-k', 'O'],
  ),
]

const bootstrap: readonly Arrow[] = [
  ...arrows(
    'bootstrap',
    'idle',
    ['waiting', bootstrapped, '', '', 'O'],
    ['failed', device([bs], { lifecycle: { bootstrapRetryCount: 1 } }), '', '-op----j', 'OP(CO)-O'],
    ['stopped', both, '---h', '-oc', 'OR-C', 1],
  ),
  ...arrows(
    'bootstrap',
    'waiting',
    ['connecting', held, '', ' 6s -', '-----O'],
    ['requesting', heldOpen, '', '-o 5s -', 'O----B'],
    ['bootstrapping', heldOpen, '', '-ov', 'O-A'],
    ['failed', device([{ ...bs, ...unspoken }], udpOnly), '', '', '-'],
    ['idle', held, '-r', '', '-'],
    ['offline', held, '-f', '', '-'],
    ['stopped', held, '-q', '', '-'],
  ),
  ...arrows(
    'bootstrap',
    'connecting',
    ['requesting', bootstrapped, '', '-o', 'OB'],
    ['waiting', bootstrapped, '', '-k', 'O'],
    ['failed', bootstrappedOnce, '', '-k', 'O'],
    ['idle', bootstrapped, '-r', '', 'O(CO)'],
    ['offline', bootstrapped, '-f', '', 'OC'],
    ['stopped', bootstrapped, '-q', '', 'OC'],
  ),
  ...arrows(
    'bootstrap',
    'requesting',
    ['bootstrapping', bootstrapped, '', '-ou', 'OB'],
    ['idle', device([bs]), '', '-op', 'OP(CO)'],
    ['waiting', bootstrapped, '', '-ox', 'OBC'],
    ['failed', bootstrappedOnce, '', '-ox', 'OBC'],
    ['offline', bootstrapped, '--f', '-o', 'OB(XC)'],
    ['stopped', bootstrapped, '--q', '-o', 'OB(XC)'],
  ),
  ...arrows(
    'bootstrap',
    'bootstrapping',
    ['idle', bootstrapped, '---r', '-ou', 'OB-(CO)'],
    ['waiting', bootstrapped, '', '-ou 248s -', 'OB 247s C'],
    ['failed', bootstrappedOnce, '', '-ou 248s -', 'OB 247s C'],
    ['offline', bootstrapped, '---f', '-ou', 'OB-C'],
    ['stopped', bootstrapped, '---q', '-ou', 'OB-C'],
  ),
  ...arrows(
    'bootstrap',
    'offline',
    ['waiting', bootstrapped, '-f-n', '', 'OC-O'],
    ['idle', bootstrapped, '-f-r', '', 'OC'],
    ['stopped', bootstrapped, '-f-q', '', 'OC'],
  ),
  ...arrows('bootstrap', 'failed', ['idle', bootstrappedOnce, '---r', '-k', 'O--O'], ['stopped', bootstrappedOnce, '---q', '-k', 'O']),
]

/** All of them. */
export const ladders: readonly Arrow[] = [...server, ...bootstrap]
