/** A history of 100 samples as SenML CBOR, both ways, beside cbor-x alone (which knows neither places nor types, and checks nothing) and JSON. */
import { Decoder, Encoder } from 'cbor-x'
import { isFault, type FormatContext, type Node } from '../../src/format/format.ts'
import { senmlCbor } from '../../src/format/senml-cbor.ts'
import { isMultiple, typeOf } from '../../src/model/definition.ts'
import { registry } from '../../src/objects/registry.ts'
import { median, spread, type Contest, type Result } from './arena.ts'

const path = { object: 3303, instance: 0, resource: 5700 }
const context: FormatContext = { path, typeOf: typeOf(registry), isMultiple: isMultiple(registry) }
const beganAt = 1_600_000_000
const samples: readonly Node[] = Array.from({ length: 100 }, (_, index) => ({
  path,
  value: 20 + Math.round(50 * Math.sin(index / 9)) / 10,
  time: beganAt + 10 * index,
}))

const encoder = new Encoder({ useRecords: false, tagUint8Array: false, variableMapSize: true })
const decoder = new Decoder({ useRecords: false, mapsAsObjects: false })
/** The records that others have to make of the samples first. */
const labels = { cbor: [-2, -3, 6, 2], json: ['bn', 'bt', 't', 'v'] } as const
const maps = () =>
  samples.map(({ value, time }, index) => {
    const [bn, bt, t, v] = labels.cbor
    const record = new Map<number, unknown>(index === 0 ? [[bn, '/3303/0/5700'], [bt, beganAt]] : []) // prettier-ignore
    if (index > 0) record.set(t, time! - beganAt)
    return record.set(v, value)
  })
const records = () =>
  samples.map(({ value, time }, index) => (index === 0 ? { bn: '/3303/0/5700', bt: beganAt, v: value } : { t: time! - beganAt, v: value }))

type Work = (...none: readonly never[]) => unknown
const written = senmlCbor.encode(samples, context)
if (isFault(written)) throw new Error(written.detail)
const plain = new Uint8Array(encoder.encode(maps()))
const text = JSON.stringify(records())
const works: Readonly<Record<'encode' | 'decode', Readonly<Record<'ours' | 'cbor-x' | 'JSON', Work>>>> = {
  encode: {
    ours: () => senmlCbor.encode(samples, context),
    'cbor-x': () => encoder.encode(maps()),
    JSON: () => JSON.stringify(records()),
  },
  decode: {
    ours: () => senmlCbor.decode(written, context),
    'cbor-x': () => decoder.decode(plain) as unknown,
    JSON: () => JSON.parse(text) as unknown,
  },
}

/** Thousands of packs a second, in turns so that all have the same minutes. */
const rates = (contestants: Readonly<Record<string, Work>>, rounds: number) => {
  const made = new Map(Object.keys(contestants).map((name) => [name, [] as number[]]))
  for (let round = -2; round < rounds; round++)
    for (const [name, work] of Object.entries(contestants)) {
      const startedAt = performance.now()
      let count = 0
      do {
        for (let i = 0; i < 100; i++) work()
        count += 100
      } while (performance.now() - startedAt < 150)
      if (round >= 0) made.get(name)!.push(count / (performance.now() - startedAt))
    }
  return made
}

export const senml100: Contest = ({ say, rounds }) => {
  const read = senmlCbor.decode(written, context)
  if (isFault(read) || read.length !== 100) throw new Error('not what was written')
  say(`100 samples: SenML CBOR ${written.length} octets, cbor-x ${plain.length}, JSON ${text.length}`)
  const results = Object.entries(works).flatMap(([of, contestants]) => {
    const made = rates(contestants, rounds)
    say(`  ${of} (1000 packs/s)  ${[...made].map(([name, all]) => `${name} ${spread(all)}`).join('   ')}`)
    const ours = made.get('ours')!
    return (['cbor-x', 'JSON'] as const).map((peerName): Result => {
      const peer = made.get(peerName)!
      const ratio = median(ours.map((rate, round) => rate / peer[round]!))
      return { name: 'senml-100', of, unit: '1000 packs/s', better: 'higher', ours: median(ours), peer: median(peer), peerName, ratio }
    })
  })
  return Promise.resolve(results)
}
