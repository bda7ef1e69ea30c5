/** A client made by hand that is bootstrapped: it asks, keeps what it is given, and takes it over with Bootstrap-Finish. */
import { concatMap, of, tap, type Observable } from 'rxjs'
import { coapEndpoint } from '../../src/coap.ts'
import type { Environment } from '../../src/core/environment.ts'
import type { Handler } from '../../src/exchange/ask.ts'
import { formats } from '../../src/format/formats.ts'
import type { Code } from '../../src/message/code.ts'
import { contains, formatPath, type Path } from '../../src/model/path.ts'
import { registry } from '../../src/objects/registry.ts'
import type { OperationContext } from '../../src/operation/context.ts'
import type { Operation, Outcome } from '../../src/operation/operation.ts'
import { decodeOperation, decodeOutcome, encodeOperation, encodeOutcome } from '../../src/operation/translation.ts'
import { isWrong } from '../../src/operation/shape.ts'

export const context: OperationContext = {
  formats: new Map(formats.map((format) => [format.contentFormat, format])),
  definitions: registry,
}

export interface BootstrapDevice {
  readonly up$: Observable<unknown>
  /** What holds now, by path, and what would hold after Finish. */
  readonly committed: () => ReadonlyMap<string, unknown>
  /** `delete /0`, `write /0/1 (112)`, … as they came. */
  readonly seen: readonly string[]
  /** Asks, and is there from then on. */
  readonly ask: (operation: Operation) => Observable<Outcome>
}
export interface DeviceOptions {
  /** Of `/0`: the bootstrap account. */
  readonly account?: number
  readonly version?: string
  /** Answers an operation otherwise. */
  readonly answer?: (operation: Operation) => Code | undefined
}

const plain = (value: unknown): unknown => (value instanceof Uint8Array ? `0x${Buffer.from(value).toString('hex')}` : value)

export const bootstrapDevice = (
  env: Environment,
  uri: string,
  { account = 0, version = '1.1', answer }: DeviceOptions = {},
): BootstrapDevice => {
  const first: readonly (readonly [string, unknown])[] = [
    [`/0/${account}/0`, uri],
    ['/0/7/0', 'coap://old'],
    ['/0/7/10', 9],
    ['/1/7/0', 9],
    ['/3/0/0', 'maker'],
  ]
  let committed = new Map<string, unknown>(first)
  let draft = new Map(committed)
  const seen: string[] = []
  const kept = [{ object: 0, instance: account }, { object: 3 }]
  const drop = (path: Path) => {
    for (const key of [...draft.keys()]) {
      const at = pathFrom(key)
      if (contains(path, at) && !kept.some((one) => contains(one, at))) draft.delete(key)
    }
  }
  const perform = (operation: Operation): Outcome => {
    switch (operation.type) {
      case 'discover': {
        const ids = new Set([...draft.keys()].map((key) => key.split('/').slice(0, 3).join('/')))
        const listed = [...ids].sort().map((id) => {
          const path = pathFrom(id)
          const ssid = draft.get(`${id}/${path.object === 0 ? 10 : 0}`)
          return { path, attributes: (path.object === 0 || path.object === 1) && typeof ssid === 'number' ? { ssid } : {} }
        })
        return { code: '2.05', listed: [{ path: {}, attributes: { lwm2m: version } }, ...listed] }
      }
      case 'delete':
        drop(operation.path)
        return { code: '2.02' }
      case 'write':
        drop(operation.path)
        for (const { path, value } of operation.nodes) draft.set(formatPath(path), plain(value))
        return { code: '2.04' }
      case 'bootstrap-finish':
        if (![...draft.keys()].some((key) => key.startsWith('/1/'))) return { code: '4.06' }
        committed = new Map(draft)
        return { code: '2.04' }
      default:
        return { code: '4.05' }
    }
  }
  const handler: Handler = (request) => {
    const operation = decodeOperation(request, context)
    if (isWrong(operation)) return of({ code: operation.wrong, options: [], payload: new Uint8Array(0) })
    const where = 'path' in operation ? ` ${formatPath(operation.path)}` : ''
    seen.push(`${operation.type}${where}${operation.type === 'write' ? ` (${operation.format})` : ''}`)
    const code = answer?.(operation)
    return of(encodeOutcome({ operation, outcome: code === undefined ? perform(operation) : { code } }, context))
  }
  const endpoint = coapEndpoint(env, { handler })
  return {
    committed: () => committed,
    seen,
    ask: (operation) => {
      const request = encodeOperation({ remote: 'bootstrap server', operation }, context)
      if (isWrong(request)) throw new Error(request.diagnostic)
      draft = new Map(committed)
      return of(undefined).pipe(
        tap(() => endpoint.say({ type: 'open', remote: 'bootstrap server', uri })),
        concatMap(() => endpoint.ask(request)),
        concatMap((response) => of(decodeOutcome(response, operation, context))),
      )
    },
    up$: endpoint.up$,
  }
}
const pathFrom = (key: string): Path => {
  const [object, instance, resource, resourceInstance] = key.split('/').slice(1).map(Number)
  return { object, instance, resource, resourceInstance }
}
