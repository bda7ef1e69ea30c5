/** What an application and servers order of a client, when it is possible, and what comes of it (LwM2M Core 1.2.2 §E.2). One character is a second. */
import { describe, expect, test } from 'vitest'
import { refusals } from '../../src/client/commands.ts'
import type { Command } from '../../src/client/word.ts'
import { answered, at, changed, closed, created, node, opened, requested, response } from './device.ts'
import { lastOf, life, live, story } from './life.ts'

const inside = { o: opened(), c: created(), d: answered('2.02'), u: changed }
const execute = (number: number, path: string) => requested(number, { type: 'execute', path: at(path), arguments: {} })

describe('Disable and suspension', () => {
  test('the Disable Timeout is a day where the server said nothing [LwM2M Core §E.2]', () => {
    const seen = live(
      life(),
      { ...inside, e: execute(1, '/1/0/4'), r: response(1, '2.04') },
      { received: '-oce---d', transmitted: 'OR-(rD)C 86399s O' },
    )
    expect(lastOf(seen)).toMatchObject({ state: 'connecting', reason: 'disabled' })
  })

  test('the application suspends: De-register, then nothing until the time is over', () => {
    const seen = live(
      life(),
      { ...inside, x: { type: 'disable', seconds: 100 } },
      { received: '-oc--d', submitted: '----x', transmitted: 'OR--DC 98s O' },
    )
    expect(lastOf(seen)).toMatchObject({ state: 'connecting', reason: 'suspended' })
  })

  test('without a time it is until enable', () => {
    live(
      life(),
      { ...inside, x: { type: 'disable' }, y: { type: 'enable' } },
      { received: '-oc--d', submitted: '----x 1000s y', transmitted: 'OR--DC 999s O' },
    )
  })

  test("both the server's and the application's time must be over", () => {
    live(
      life([{ disableTimeoutSeconds: 50 }]),
      { ...inside, e: execute(1, '/1/0/4'), r: response(1, '2.04'), x: { type: 'disable', seconds: 200 }, y: { type: 'enable' } },
      { received: '-oce---d', submitted: '---------x', transmitted: 'OR-(rD)C 201s O' },
    )
    live(
      life([{ disableTimeoutSeconds: 50 }]),
      { ...inside, e: execute(1, '/1/0/4'), r: response(1, '2.04'), x: { type: 'disable', seconds: 200 }, y: { type: 'enable' } },
      { received: '-oce---d', submitted: '---------x-y', transmitted: 'OR-(rD)C 49s O' },
    )
  })

  test('one account is suspended, the other goes on', () => {
    const seen = live(
      life([{}, {}]),
      { ...inside, p: opened(1), q: created(1), x: { type: 'disable', account: 1 }, e: answered('2.02', {}, 1) },
      { received: '----(ocpq)--e', submitted: '----------x', transmitted: '(OO)(RR)--D-C' },
      { untilMs: 60_000 },
    )
    expect(lastOf(seen, 0)).toMatchObject({ state: 'registered' })
    expect(lastOf(seen, 1)).toMatchObject({ state: 'disabled', reason: 'suspended' })
  })
})

describe('offline and online', () => {
  test('offline closes links and keeps registrations; online says Update', () => {
    const seen = live(
      life(),
      { ...inside, x: { type: 'offline' }, y: { type: 'online' } },
      { received: '-oc 106s ou', submitted: '----x 103s y', transmitted: 'OR--C 103s OU' },
      { untilMs: 120_000 },
    )
    expect(story(seen)).toContain('offline offline')
    expect(lastOf(seen)).toMatchObject({ state: 'registered', reason: 'updated', location: 'rd/x' })
  })

  test('another transport is not concerned', () => {
    const seen = live(
      life(),
      { ...inside, x: { type: 'offline', transport: 'T' } },
      { received: '-oc', submitted: '----x', transmitted: 'OR' },
    )
    expect(lastOf(seen)).toMatchObject({ state: 'registered' })
  })

  test('who begins while offline registers when it is over', () => {
    live(
      life(),
      { ...inside, x: { type: 'offline' }, y: { type: 'online' } },
      { submitted: 'x----y', received: '-------o', transmitted: '(OC)-O-R' },
    )
  })
})

describe('no network, and another order', () => {
  const [offline, online] = [{ type: 'offline' }, { type: 'online' }]
  test('register waits for the network', () => {
    const seen = live(
      life(),
      { ...inside, x: offline, g: { type: 'register' }, y: online },
      { received: '-oc------oc', submitted: '----x-g-y', transmitted: 'OR--C---OR' },
    )
    expect(story(seen).slice(-4)).toEqual(['waiting offline', 'connecting offline', 'registering offline', 'registered registered'])
  })

  test('those whose turn comes by it stay offline, too', () => {
    const seen = live(
      life([{ priority: 1 }, { priority: 2 }]),
      { ...inside, x: offline },
      { submitted: 'x', transmitted: '(OC)', received: '' },
    )
    expect(lastOf(seen, 1)).toMatchObject({ state: 'offline' })
  })

  test('bootstrap is undone, and asked for when there is a network', () => {
    const bs = { bootstrap: true, uri: 'coap://bs:5683' } as const
    const seen = live(
      life([bs], { version: '1.1' }),
      { ...inside, x: offline, y: online, u: changed, w: requested(1, { type: 'delete', path: { object: 1 } }), r: response(1, '2.02') },
      { received: '-ou-w', submitted: '-----x 100s y', transmitted: 'OB--rC 100s O' },
    )
    expect(lastOf(seen)).toMatchObject({ role: 'bootstrap', state: 'connecting' })
  })

  test('bootstrap that is asked for meanwhile waits for the network', () => {
    live(
      life([{}, { bootstrap: true, uri: 'coap://bs:5683' }]),
      { ...inside, x: offline, b: { type: 'bootstrap' }, y: online },
      { received: '-oc', submitted: '----x-b 1000s y', transmitted: 'OR--C-- 1000s O' },
    )
  })

  test('suspended while it is being left before a restart: it begins anew when that is over', () => {
    const seen = live(
      life(),
      { ...inside, d: answered('2.02'), x: { type: 'restart' }, y: { type: 'disable', seconds: 60 } },
      { received: '-oc--d', submitted: '---xy', transmitted: 'OR-D-C 58s O' },
    )
    expect(story(seen).slice(-2)).toEqual(['disabled asked', 'connecting asked'])
  })
})

describe('restart', () => {
  test('De-register, and everything from the beginning', () => {
    const seen = live(
      life(),
      { ...inside, x: { type: 'restart' } },
      { received: '-oc--d----oc', submitted: '----x', transmitted: 'OR--D(CO)-R' },
    )
    expect(lastOf(seen)).toMatchObject({ state: 'registered' })
  })

  test('is the way out of failure', () => {
    const seen = live(
      life([{ retryCount: 1 }]),
      { ...inside, z: closed('unreachable'), x: { type: 'restart' } },
      { received: '-z 100s -oc', submitted: '-- 100s x', transmitted: 'O- 100s OR' },
    )
    expect(story(seen)).toContain('failed exhausted')
    expect(lastOf(seen)).toMatchObject({ state: 'registered' })
  })

  test('what is wanted more comes after De-register: stop before restart before bootstrap before Disable', () => {
    const order = (...types: readonly string[]) => Object.fromEntries(types.map((type, index) => ['vwxy'[index]!, { type }]))
    const both = [{}, { bootstrap: true, uri: 'coap://bs:5683' }] as const
    const stopped = live(
      life(both),
      { ...inside, ...order('disable', 'restart', 'stop') },
      { received: '-oc----d', submitted: '----vwx', transmitted: 'OR--D--C' },
    )
    expect(stopped.delivered.at(-1)!.value).toEqual({ type: 'stopped' })
    const restarted = live(
      life(both),
      { ...inside, ...order('disable', 'restart') },
      { received: '-oc----d', submitted: '----vw', transmitted: 'OR--D--(CO)' },
    )
    expect(lastOf(restarted)).toMatchObject({ state: 'connecting' })
    const bootstrapped = live(
      life(both),
      { ...inside, ...order('disable', 'bootstrap') },
      { received: '-oc----d', submitted: '----vw', transmitted: 'OR--D--(CO)' },
    )
    expect(lastOf(bootstrapped, 1)).toMatchObject({ state: 'connecting' })
  })
})

describe('wishes that meet', () => {
  const both = [{}, { bootstrap: true, uri: 'coap://bs:5683' }] as const

  test('bootstrap after restart: bootstrap, and nobody waits for ever', () => {
    const seen = live(
      life(both),
      { ...inside, x: { type: 'restart' }, y: { type: 'bootstrap' } },
      { received: '-oc----d', submitted: '----xy', transmitted: 'OR--D--(CO)' },
    )
    expect(lastOf(seen, 0)).toMatchObject({ state: 'idle', reason: 'bootstrap' })
    expect(lastOf(seen, 1)).toMatchObject({ state: 'connecting', reason: 'asked' })
  })

  test('a server that sleeps and cannot be reached is not waited for', () => {
    const seen = live(
      life([{ queueMode: true }, both[1]]),
      { ...inside, y: { type: 'bootstrap' } },
      { received: '-oc', submitted: '--- 97s y', transmitted: 'OR 93s C---- O 29s (CO)' },
    )
    expect(lastOf(seen, 0)).toMatchObject({ state: 'idle', reason: 'bootstrap' })
    expect(lastOf(seen, 1)).toMatchObject({ state: 'connecting' })
  })
})

describe('stop', () => {
  test('without De-register the server is not told', () => {
    const seen = live(
      life(),
      { ...inside, x: { type: 'stop', deregister: false } },
      { received: '-oc', submitted: '----x', transmitted: 'OR--C' },
    )
    expect(seen.delivered.at(-1)!.value).toEqual({ type: 'stopped' })
  })
})

describe('what is not for this moment is refused, with a reason', () => {
  const refusalOf = (seen: ReturnType<typeof live>) =>
    seen.delivered.map(({ value }) => value).find((value) => (value as { type: string }).type === 'command-refused')
  const bootstrapServer = { bootstrap: true, uri: 'coap://bs:5683' } as const
  const situations = {
    bootstrapping: () => ({ machine: life([bootstrapServer]), before: '', lane: '-' }),
    stopping: () => ({ machine: life(), before: 's', lane: '-oc' }),
  }
  const commands: Readonly<Partial<Record<Command['type'], Command>>> = {
    stop: { type: 'stop' },
    restart: { type: 'restart' },
    bootstrap: { type: 'bootstrap' },
    update: { type: 'update' },
    register: { type: 'register' },
    disable: { type: 'disable' },
    enable: { type: 'enable' },
    offline: { type: 'offline' },
    online: { type: 'online' },
    provision: { type: 'provision', nodes: [] },
    change: { type: 'change', changes: [] },
  }

  for (const [name, situation] of Object.entries(situations))
    for (const [type, command] of Object.entries(commands)) {
      const reason = refusals[type as Command['type']][name as keyof typeof situations]
      test(`${type} while ${name}: ${reason ?? 'done'}`, () => {
        const { machine, before, lane } = situation()
        const seen = live(
          machine,
          { ...inside, s: { type: 'stop' }, x: command },
          { received: lane, submitted: `----${before}x`, transmitted: '*' },
          { untilMs: 10_000 },
        )
        if (reason === undefined) expect(refusalOf(seen)).toBeUndefined()
        else expect(refusalOf(seen)).toMatchObject({ command: type, reason })
      })
    }

  test.each([
    ['update without a registration', { type: 'update' }, 'not-registered'],
    ['an account that there is not', { type: 'disable', account: 9 }, 'no-account'],
    ['bootstrap without a bootstrap server', { type: 'bootstrap' }, 'no-bootstrap-server'],
    ['what makes no account', { type: 'provision', nodes: [node('/1/0/1', 60)] }, 'inconsistent'],
  ])('%s', (_, x, reason) => {
    const seen = live(life(), { x }, { submitted: '-x', transmitted: '*' }, { untilMs: 5_000 })
    expect(refusalOf(seen)).toMatchObject({ reason })
  })
})

describe('factory bootstrap', () => {
  const nodes = [
    node('/0/3/0', 'coap://factory:5683'),
    node('/0/3/1', false),
    node('/0/3/2', 3),
    node('/0/3/10', 33),
    node('/1/3/0', 33),
    node('/1/3/1', 60),
    node('/1/3/6', true),
    node('/1/3/7', 'U'),
  ]
  test('a client without accounts is provisioned, and registers [LwM2M Core §6.1.3.1]', () => {
    const seen = live(
      life([]),
      { x: { type: 'provision', nodes }, o: opened(3), c: created(3) },
      { received: '----oc', submitted: '--x', transmitted: '--O-R' },
    )
    expect(lastOf(seen, 3)).toMatchObject({ state: 'registered' })
  })

  test('what does not make sense leaves what was there', () => {
    const seen = live(
      life(),
      { ...inside, x: { type: 'provision', nodes: nodes.slice(0, 5) } },
      { received: '-oc', submitted: '----x', transmitted: 'OR' },
    )
    expect(lastOf(seen)).toMatchObject({ state: 'registered' })
  })
})

describe('registration order [LwM2M Core §6.2.1.1]', () => {
  const other = { p: opened(1), q: created(1) }

  test('in ascending order of priority, each when the one before is registered', () => {
    const seen = live(life([{ priority: 2 }, { priority: 1 }]), { ...inside, ...other }, { received: '--pq-oc', transmitted: 'O-RO-R' })
    expect(story(seen, 0)[0]).toBe('idle turn')
    expect(lastOf(seen, 0)).toMatchObject({ state: 'registered' })
  })

  test('one that fails does not block the next', () => {
    live(
      life([{ priority: 2 }, { priority: 1, retryCount: 1 }]),
      { ...inside, x: closed('unreachable', 1) },
      { received: '--x--oc', transmitted: 'O-O--R' },
    )
  })

  test('unless it says so (Registration Failure Block)', () => {
    const seen = live(
      life([{ priority: 2 }, { priority: 1, retryCount: 1, failureBlocks: true }]),
      { ...inside, x: closed('unreachable', 1) },
      { received: '--x', transmitted: 'O-' },
      { untilMs: 600_000 },
    )
    expect(lastOf(seen, 0)).toMatchObject({ state: 'idle', reason: 'blocked' })
  })

  test('the initial delay counts from its turn, and once', () => {
    live(life([{ initialDelaySeconds: 30 }]), inside, { received: '-', transmitted: '- 29s O' })
    live(
      life([{ initialDelaySeconds: 30, priority: 2 }, { priority: 1 }]),
      { ...inside, ...other },
      { received: '-pq', transmitted: 'OR 30s O' },
    )
  })

  test('those without a priority do not wait', () => {
    live(life([{}, { priority: 5 }, { priority: 6 }]), inside, { received: '-', transmitted: '(OO)' })
  })
})
