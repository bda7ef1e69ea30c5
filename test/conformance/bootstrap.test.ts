/** The OMA Enabler Test Specification, bootstrap: the cases 0 to 12, our client against our bootstrap server and server (ETS INT 1.2 §6.1). */
import { concat, of, tap } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { BootstrapConfiguration } from '../../src/bootstrap-server.ts'
import { Secret } from '../../src/core/secret.ts'
import type { Response } from '../../src/exchange/exchange.ts'
import { contentFormats, isFault } from '../../src/format/format.ts'
import { formatOf } from '../../src/format/formats.ts'
import { options as optionNumbers, uint } from '../../src/message/option.ts'
import { isMultiple, typeOf } from '../../src/model/definition.ts'
import { formatPath, parsePath, type Path } from '../../src/model/path.ts'
import type { Value } from '../../src/model/value.ts'
import { registry } from '../../src/objects/registry.ts'
import { codeOf, execute } from './reading.ts'
import { endpointClientName, rig, type BootstrapAsk, type Rig } from './rig.ts'

const { tlv, link } = contentFormats
/** Configuration C.1 as a bootstrap server gives it. */
const c1: BootstrapConfiguration = { servers: [{ uri: 'coap://server0', shortServerId: 1 }] }

/** Requests to the bootstrap server, requests from it, in order: `POST /bs`, `DELETE /0`, … */
const verbs: Readonly<Record<string, string>> = { '0.01': 'GET', '0.02': 'POST', '0.03': 'PUT', '0.04': 'DELETE' }
const steps = (it: Rig, way: 'in' | 'out') =>
  it.bootstrapWire
    .filter((one) => one.way === way && verbs[one.message.code] !== undefined)
    .map(({ message, path }) => `${verbs[message.code]!} ${path}`)
const registered = (it: Rig) => it.events.some(({ type }) => type === 'registered')

describe('a client without a server', () => {
  test('int-0: asks for bootstrap, is given an account, and finishes', () => {
    const it = rig({ bootstrap: c1, client: { lifecycle: { bootstrapPack: false } } })
    it.pass(10)
    const request = it.bootstrapWire.find(({ path, way }) => way === 'in' && path === '/bs')
    expect(request?.query).toContain(`ep=${endpointClientName}`)
    expect(steps(it, 'out')).toEqual(expect.arrayContaining(['GET /', 'POST /bs']))
    const discovered = it.bootstrapWire.find(({ way, contentFormat }) => way === 'in' && contentFormat === link)
    expect(discovered?.text).toMatch(/lwm2m="?1\.[12]"?/)
    expect(discovered?.text).toContain('</0/0>')
    expect(it.bootstrapEvents.at(-1)?.type).toBe('finished')
  })

  test('int-1: is given a key, and registers with it', () => {
    const key = new Secret(new TextEncoder().encode('sixteen octets!!'))
    const psk = { identity: 'me', key }
    const it = rig({
      bootstrap: { servers: [{ uri: 'coaps://server0:5684', shortServerId: 1, psk }] },
      client: { lifecycle: { bootstrapPack: false } },
      server: { secure: { credentials: { find: () => of({ key, endpointClientName }) } } },
    })
    it.pass(10)
    expect(it.bootstrapEvents.at(-1)?.type).toBe('finished')
    expect(it.events[0]).toMatchObject({ type: 'registered', registration: { endpointClientName } })
    expect(it.events[0]?.registration.remote).toMatch(/^coaps:/)
    expect(it.do((device) => device.read('/3/0/0')).values[0]?.value).toBe('Open Mobile Alliance')
  })

  test('int-12: asks for a Bootstrap-Pack, and registers with what is in it', () => {
    const it = rig({ bootstrap: c1 })
    it.pass(10)
    const request = it.bootstrapWire.find(({ way, path, message }) => way === 'in' && path === '/bspack' && message.code === '0.01')
    expect(request?.query).toContain(`ep=${endpointClientName}`)
    const answer = it.bootstrapWire.find(({ way, message }) => way === 'out' && message.token === request?.message.token)
    expect(answer?.message.code).toBe('2.05')
    expect(it.bootstrapEvents.map(({ type }) => type)).toContain('packed')
    expect(registered(it)).toBe(true)
  })
})

describe('what a bootstrap server may do', () => {
  const tlvOf = (path: string, nodes: readonly (readonly [string, Value])[]): Uint8Array => {
    const context = { path: parsePath(path)!, typeOf: typeOf(registry), isMultiple: isMultiple(registry) }
    const bytes = formatOf(tlv)!.encode(
      nodes.map(([place, value]) => ({ path: parsePath(place)!, value })),
      context,
    )
    if (isFault(bytes)) throw new Error(bytes.detail)
    return bytes
  }
  const valuesIn = (path: Path, { payload, options }: Response) => {
    const nodes = formatOf(uint(options, optionNumbers.ContentFormat)!)!.decode(payload, {
      path,
      typeOf: typeOf(registry),
      isMultiple: isMultiple(registry),
    })
    return isFault(nodes) ? nodes : Object.fromEntries(nodes.map((node) => [formatPath(node.path), node.value]))
  }
  const security = (ask: BootstrapAsk, instance = 5) =>
    ask(
      'PUT',
      `/0/${instance}`,
      tlvOf(`/0/${instance}`, [
        [`/0/${instance}/0`, 'coap://server0'],
        [`/0/${instance}/1`, false],
        [`/0/${instance}/2`, 3],
        [`/0/${instance}/10`, 1],
      ]),
      tlv,
    )
  const server = (ask: BootstrapAsk) =>
    ask(
      'PUT',
      '/1/0',
      tlvOf('/1/0', [
        ['/1/0/0', 1],
        ['/1/0/1', 86_400],
        ['/1/0/6', false],
        ['/1/0/7', 'U'],
      ]),
      tlv,
    )
  const seen = () => {
    const answers: Response[] = []
    return { answers, note: tap((response: Response) => answers.push(response)) }
  }

  test('int-4: Bootstrap-Delete takes accounts away, but not its own', () => {
    const { answers, note } = seen()
    const it = rig({
      client: { lifecycle: { bootstrapPack: false } },
      bootstrap: (ask) =>
        concat(
          security(ask),
          server(ask),
          ask('GET', '/1'),
          ask('DELETE', '/0'),
          ask('DELETE', '/1'),
          ask('GET', '/1'),
          ask('GET', '/0'),
          security(ask),
          server(ask),
          ask('POST', '/bs'),
        ).pipe(note),
    })
    it.pass(20)
    const [, , before, gone0, gone1, after, kept] = answers
    expect(valuesIn({ object: 1 }, before!)).toMatchObject({ '/1/0/0': 1 })
    expect([gone0?.code, gone1?.code]).toEqual(['2.02', '2.02'])
    expect(after?.code === '4.04' ? {} : valuesIn({ object: 1 }, after!)).toEqual({})
    // Security is never read, but the bootstrap server's own account still carries the requests.
    expect(kept?.code).toMatch(/^4\.0[15]$/)
    expect(answers.at(-1)?.code).toBe('2.04')
    expect(registered(it)).toBe(true)
  })

  test('int-8: Bootstrap-Read shows accounts and access control', () => {
    const { answers, note } = seen()
    const control = (ask: BootstrapAsk) =>
      ask(
        'PUT',
        '/2/0',
        tlvOf('/2/0', [
          ['/2/0/0', 3],
          ['/2/0/1', 0],
          ['/2/0/2/0', 31],
          ['/2/0/3', 65_535],
        ]),
        tlv,
      )
    const it = rig({
      client: { lifecycle: { bootstrapPack: false }, access: {} },
      bootstrap: (ask) =>
        concat(security(ask), server(ask), control(ask), ask('GET', '/1'), ask('GET', '/2'), ask('POST', '/bs')).pipe(note),
    })
    it.pass(20)
    expect(answers.map(({ code }) => code)).toEqual(['2.04', '2.04', '2.04', '2.05', '2.05', '2.04'])
    expect(valuesIn({ object: 1 }, answers[3]!)).toMatchObject({ '/1/0/0': 1, '/1/0/1': 86_400 })
    expect(valuesIn({ object: 2 }, answers[4]!)).toMatchObject({ '/2/0/0': 3, '/2/0/2/0': 31, '/2/0/3': 65_535 })
  })

  test('int-9: an incomplete configuration is not accepted: Bootstrap-Finish is answered 4.06', () => {
    const { answers, note } = seen()
    const it = rig({
      client: { lifecycle: { bootstrapPack: false } },
      bootstrap: (ask) => concat(ask('PUT', '/1/0', tlvOf('/1/0', [['/1/0/5', 86_400]]), tlv), ask('POST', '/bs')).pipe(note),
    })
    it.pass(20)
    expect(answers.map(({ code }) => code).slice(0, 2)).toEqual(['2.04', '4.06'])
    expect(registered(it)).toBe(false)
  })
})

describe('when bootstrap comes', () => {
  test('int-5: a server triggers it', () => {
    const it = rig({ account: { uri: 'coap://server0' }, bootstrap: c1 })
    expect(registered(it)).toBe(true)
    expect(it.bootstrapWire).toEqual([])
    expect(execute(it, '/1/0/9')).toBe('2.04')
    it.pass(20)
    expect(steps(it, 'in')[0]).toMatch(/^(POST \/bs|GET \/bspack)$/)
    expect(it.bootstrapEvents.map(({ type }) => type)).toEqual(expect.arrayContaining([expect.stringMatching(/finished|packed/) as string]))
    expect(it.registers().length).toBeGreaterThan(1)
  })

  test('int-6: what is configured at the factory comes first; without it, the bootstrap server is asked', () => {
    const factory = rig({ account: { uri: 'coap://server0' }, bootstrap: c1 })
    factory.pass(30)
    expect(registered(factory)).toBe(true)
    expect(factory.bootstrapWire).toEqual([])
    const blank = rig({ bootstrap: c1 })
    blank.pass(30)
    expect(blank.bootstrapWire.length).toBeGreaterThan(0)
    expect(registered(blank)).toBe(true)
  })

  test('int-7: a registration that fails for good is followed by bootstrap', () => {
    const it = rig({ account: { uri: 'coap://nowhere', retryCount: 1, sequenceCount: 1 }, bootstrap: c1 })
    it.pass(600)
    expect(steps(it, 'in')[0]).toMatch(/^(POST \/bs|GET \/bspack)$/)
    expect(registered(it)).toBe(true)
    expect(codeOf(it.do((device) => device.read('/3/0/0')))).toBe('2.05')
  })
})
