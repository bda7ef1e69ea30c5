/** A body to the server in bursts, as the RFC draws it (RFC 9177 §10.1). */
import { expect, test } from 'vitest'
import { put } from './qblock-play.ts'

/** Octets of so many blocks, the last one not full. */
const blocks = (count: number) => (count - 1) * 1024 + 100
const first = (pattern: RegExp) => (line: string, times: number) => pattern.test(line) && times === 1

test('four blocks go at once, and the whole is answered once [RFC 9177 §10.1.1]', () => {
  const { lines, store, body, asked, result } = put({ length: blocks(4) })
  expect(lines).toEqual(['0 -> NON PUT QB1:0-2/1', '0 -> NON PUT QB1:3/0', '10 <- NON 2.04'])
  expect(store.bytes()).toEqual(body)
  expect(asked).toHaveLength(1)
  expect(result).toMatchObject({ code: '2.04' })
})

test('after MAX_PAYLOADS blocks the client waits for 2.31 [RFC 9177 §10.1.2]', () => {
  const { lines, store, body } = put({ length: blocks(11) })
  expect(lines).toEqual(['0 -> NON PUT QB1:0-9/1', '10 <- NON 2.31', '20 -> NON PUT QB1:10/0', '30 <- NON 2.04'])
  expect(store.bytes()).toEqual(body)
})

test('missing blocks are asked for when the next set begins to come, and later when nothing comes [RFC 9177 §10.1.3]', () => {
  const { lines, store, body, asked } = put({ length: blocks(13), lost: first(/QB1:(1|9|10)\/1/) })
  expect(lines).toEqual([
    '0 -> NON PUT QB1:0/1',
    '0 -> NON PUT QB1:1/1 X',
    '0 -> NON PUT QB1:2-8/1',
    '0 -> NON PUT QB1:9/1 X',
    '2000 -> NON PUT QB1:10/1 X',
    '2000 -> NON PUT QB1:11/1',
    '2000 -> NON PUT QB1:12/0',
    '2010 <- NON 4.08 [Missing 1,9]',
    '2020 -> NON PUT QB1:1/1',
    '2020 -> NON PUT QB1:9/1',
    '6030 <- NON 4.08 [Missing 10]',
    '6040 -> NON PUT QB1:10/1',
    '6050 <- NON 2.04',
  ])
  expect(store.bytes()).toEqual(body)
  expect(asked).toHaveLength(1)
})

test('a block that never comes is asked for four times, with doubled patience; then the body is let go [RFC 9177 §10.1.4]', () => {
  const { lines, store, asked, result } = put({ length: blocks(3), lost: (line) => line.includes('QB1:1/1') })
  expect(lines.filter((line) => line.includes('4.08')).slice(0, 4)).toEqual([
    '4010 <- NON 4.08 [Missing 1]',
    '12010 <- NON 4.08 [Missing 1]',
    '28010 <- NON 4.08 [Missing 1]',
    '60010 <- NON 4.08 [Missing 1]',
  ])
  expect(store.state()).not.toBe('closed')
  expect(asked).toHaveLength(0)
  expect(result).toBe('incomplete')
})

test('without 2.31 the client waits NON_TIMEOUT_RANDOM between sets [RFC 9177 §7.2]', () => {
  const { lines, store, body } = put({ length: blocks(23), lost: (line) => line.includes('2.31') })
  expect(lines).toEqual([
    '0 -> NON PUT QB1:0-9/1',
    '10 <- NON 2.31 X',
    '2000 -> NON PUT QB1:10-19/1',
    '2010 <- NON 2.31 X',
    '4000 -> NON PUT QB1:20-21/1',
    '4000 -> NON PUT QB1:22/0',
    '4010 <- NON 2.04',
  ])
  expect(store.bytes()).toEqual(body)
})

test('when the last answer is lost the last block goes again, is ignored, and is answered as before [RFC 9177 §4.3]', () => {
  const { lines, asked, result } = put({ length: blocks(2), lost: first(/2\.04/) })
  expect(lines).toEqual(['0 -> NON PUT QB1:0/1', '0 -> NON PUT QB1:1/0', '10 <- NON 2.04 X', '8000 -> NON PUT QB1:1/0', '8010 <- NON 2.04'])
  expect(asked).toHaveLength(1)
  expect(result).toMatchObject({ code: '2.04' })
})

test('when everything is lost the request fails in the end', () => {
  const { lines, result } = put({ length: blocks(2), lost: () => true })
  expect(lines.at(-1)).toBe('120000 -> NON PUT QB1:1/0 X')
  expect(result).toBe('timeout')
})

test('a peer of which nothing is known is asked with a CON, alone; that it is acknowledged says enough [RFC 9177 §4.1]', () => {
  const { lines, store, body } = put({ length: blocks(12), acquainted: false })
  expect(lines).toEqual([
    '0 -> CON PUT QB1:0/1',
    '10 <- ACK 0.00',
    '20 -> NON PUT QB1:1-9/1',
    '30 <- NON 2.31',
    '40 -> NON PUT QB1:10/1',
    '40 -> NON PUT QB1:11/0',
    '50 <- NON 2.04',
  ])
  expect(store.bytes()).toEqual(body)
})

test('a peer that does not know bursts is sent block by block, and that is remembered for a while', () => {
  const { lines, store, body, pair } = put({ length: blocks(2), acquainted: false, server: { parameters: { robustBlocks: 'off' } } })
  expect(lines).toEqual([
    '0 -> CON PUT QB1:0/1',
    '10 <- ACK 4.02',
    '20 -> CON PUT B1:0/1',
    '30 <- ACK 2.31 B1:0/1',
    '40 -> CON PUT B1:1/0',
    '50 <- ACK 2.04 B1:1/0',
  ])
  expect(store.bytes()).toEqual(body)
  expect(pair).toBeDefined()
})
