/** Notifications respect access rights, also those that change meanwhile (LwM2M Core 1.2.2 §6.4.2, §8.2.4). One character is one second. */
import { expect, test } from 'vitest'
import { configure } from '../../src/client/configure.ts'
import { clientMachine } from '../../src/client/step.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import type { SendCommand } from '../../src/client/sending.ts'
import type { ManagementOperation } from '../../src/operation/operation.ts'
import { at, created, fed, objects, opened, play, requested } from './device.ts'

const level = '/3200/0/1'
const observe = (path: string): ManagementOperation => ({ type: 'observe', path: at(path) })
const machine = clientMachine(
  configure({
    endpointClientName: 'dev',
    accounts: [{ uri: 'coap://one' }, { uri: 'coap://two' }],
    objects,
    parameters: defaultParameters,
    access: { rights: { '/3200/0': { 2: 'R' } } },
  }),
)
/** The Instance of Object 2 that is about /3200/0. */
const control = [...machine.initial.model.in('2')].find(({ row }) => row.resources[0] === 3200 && row.resources[1] === 0)!.key
const granting = (bits: number) => ({
  type: 'change',
  changes: [{ type: 'replace', path: at(`/2/${control}/2`), nodes: [{ path: at(`/2/${control}/2/2`), value: bits }] }],
})
const words = {
  p: opened(1),
  s: created(1),
  y: requested(2, observe(level), 1),
  x: requested(3, observe('/3200'), 1),
  0: granting(0),
  1: fed(level, 1),
}
const codes = (seen: ReturnType<typeof play>, exchange: number) =>
  seen.transmitted
    .map(({ value }) => value as { exchange: number; outcome?: { code: string; nodes?: readonly object[] } })
    .filter((word) => word.exchange === exchange && 'outcome' in word)
    .map(({ outcome }) => `${outcome!.code} ${outcome!.nodes?.length ?? ''}`.trim())

test('a server whose right to read is taken away is told so, once, and hears no more [LwM2M Core §8.2.4]', () => {
  const seen = play(machine, words, { received: '(opcs)y', submitted: '--------1-0-1', transmitted: '*' })
  expect(codes(seen, 2)).toEqual(['2.05 1', '2.05 1', '4.01'])
})
test('of an Object it then hears what it may still read [LwM2M Core §8.2.3]', () => {
  const seen = play(machine, words, { received: '(opcs)x', submitted: '--------1-0-1', transmitted: '*' })
  expect(codes(seen, 3)).toEqual(['2.05 6', '2.05 6', '2.05 0'])
})
test('the other server goes on', () => {
  const seen = play(
    machine,
    { ...words, y: requested(2, observe(level)), 2: fed(level, 2) },
    { received: '(opcs)y', submitted: '--------1-0-2', transmitted: '*' },
  )
  expect(codes(seen, 2)).toEqual(['2.05 1', '2.05 1', '2.05 1'])
})
test('a Send carries what its server may read, and none of it is denied [LwM2M Core §6.4.6]', () => {
  const send: SendCommand = { type: 'send', send: 's', paths: [at('/3200')], nodes: [] }
  const seen = play(machine, { ...words, S: send }, { received: '(opcs)', submitted: '--------0-S', transmitted: '*' })
  expect(seen.delivered.map(({ value }) => value).filter((word) => (word as { type: string }).type === 'sent')).toEqual([
    { type: 'sent', send: 's', account: 1, of: 2, result: 'denied' },
  ])
})
