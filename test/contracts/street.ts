/** One end of a street of datagrams at work in a test: what it heard, and a way to wait for more. */
import { Subject } from 'rxjs'
import type { Duplex } from '../../src/core/duplex.ts'
import type { Datagram, DatagramDown, DatagramUp } from '../../src/core/ports.ts'

export interface End {
  readonly send: (down: DatagramDown) => void
  readonly heard: readonly DatagramUp[]
  /** The first `count` of that type; rejects when the street fails. */
  readonly until: <Type extends DatagramUp['type']>(type: Type, count?: number) => Promise<Extract<DatagramUp, { type: Type }>[]>
  readonly one: <Type extends DatagramUp['type']>(type: Type) => Promise<Extract<DatagramUp, { type: Type }>>
  readonly stop: () => void
}

export const end = (street: Duplex<DatagramDown, DatagramUp>): End => {
  const down$ = new Subject<DatagramDown>()
  const heard: DatagramUp[] = []
  const waiting: (() => void)[] = []
  const wake = () => waiting.splice(0).forEach((go) => go())
  let failure: { readonly error: unknown } | undefined
  const subscription = down$.pipe(street).subscribe({
    next: (up) => {
      heard.push(up)
      wake()
    },
    error: (error: unknown) => {
      failure = { error }
      wake()
    },
  })
  const until: End['until'] = async (type, count = 1) => {
    for (;;) {
      const found = heard.filter((up) => up.type === type)
      if (found.length >= count) return found as Extract<DatagramUp, { type: typeof type }>[]
      if (failure !== undefined) throw failure.error
      await new Promise<void>((go) => waiting.push(go))
    }
  }
  return {
    send: (down) => down$.next(down),
    heard,
    until,
    one: async (type) => (await until(type))[0]!,
    stop: () => subscription.unsubscribe(),
  }
}

export const octets = (text: string): Uint8Array => new TextEncoder().encode(text)
export const textOf = ({ bytes }: Datagram): string => new TextDecoder().decode(bytes)
