/** tshark as a second opinion: what it reads in octets that we wrote. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './peer.ts'

/** The dissection of one layer: names, each with what was found, and deeper ones. */
export type Dissected = Readonly<Record<string, unknown>>
/** One datagram as tshark reads it. */
export interface Reading {
  readonly coap: Dissected
  readonly tlv: Dissected | undefined
  readonly cbor: unknown
  /** Everything, with the names of all fields: for what must not be there. */
  readonly all: string
}

/** Has the datagrams read in this order, as one conversation. */
export const dissect = async (datagrams: readonly Uint8Array[], folder: string): Promise<readonly Reading[]> => {
  const hex = join(folder, 'datagrams.txt')
  const capture = join(folder, 'datagrams.pcap')
  writeFileSync(hex, datagrams.map((bytes) => `000000 ${Buffer.from(bytes).toString('hex').replace(/../g, '$& ')}\n`).join(''))
  const made = await run('text2pcap', ['-q', '-u', '5683,5683', hex, capture])
  if (made.code !== 0) throw new Error(made.stderr)
  const { code, stdout, stderr } = await run('tshark', ['-r', capture, '-T', 'json', '--no-duplicate-keys'])
  if (code !== 0) throw new Error(stderr)
  const packets = JSON.parse(stdout.toString()) as readonly { readonly _source: { readonly layers: Readonly<Record<string, unknown>> } }[]
  return packets.map(({ _source: { layers } }) => ({
    coap: layers['coap'] as Dissected,
    tlv: layers['lwm2mtlv'] as Dissected | undefined,
    cbor: layers['cbor'],
    all: JSON.stringify(layers),
  }))
}

/** Every value of a field, at whatever depth, in order. */
export const values = (tree: unknown, name: string): readonly string[] => {
  if (Array.isArray(tree)) return tree.flatMap((item) => values(item, name))
  if (typeof tree !== 'object' || tree === null) return []
  return Object.entries(tree).flatMap(([key, value]) =>
    key === name
      ? Array.isArray(value)
        ? (value as unknown[]).map(String)
        : [typeof value === 'object' ? JSON.stringify(value) : String(value)]
      : values(value, name),
  )
}
