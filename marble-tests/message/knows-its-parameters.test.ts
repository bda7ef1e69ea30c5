/** The parameters and the times that follow from them (RFC 7252 §4.8). */
import { expect, test } from 'vitest'
import {
  defaultParameters as p,
  exchangeLifetimeMs,
  maxTransmitSpanMs,
  maxTransmitWaitMs,
  nonLifetimeMs,
  parameterFault,
} from '../../src/exchange/parameters.ts'

test('the defaults are those of the RFC [RFC 7252 §4.8]', () => {
  expect(p).toMatchObject({
    ackTimeoutMs: 2_000,
    ackRandomFactor: 1.5,
    maxRetransmit: 4,
    nstart: 1,
    defaultLeisureMs: 5_000,
    probingRate: 1,
    maxLatencyMs: 100_000,
  })
})
test('the derived times are those of the RFC [RFC 7252 §4.8.2]', () => {
  expect([maxTransmitSpanMs(p), maxTransmitWaitMs(p), exchangeLifetimeMs(p), nonLifetimeMs(p)]).toEqual([45_000, 93_000, 247_000, 145_000])
})
test('derived times follow the parameters [RFC 7252 §4.8.2]', () => {
  const q = { ...p, ackTimeoutMs: 1_000, ackRandomFactor: 2, maxRetransmit: 2, maxLatencyMs: 10_000 }
  expect([maxTransmitSpanMs(q), maxTransmitWaitMs(q), exchangeLifetimeMs(q), nonLifetimeMs(q)]).toEqual([6_000, 14_000, 27_000, 16_000])
})
test('a payload of the largest block fits into 1,280 octets with its header [RFC 7252 §4.6]', () => {
  expect(2 ** (p.szx + 4)).toBe(1_024)
})
test('ACK_RANDOM_FACTOR below 1.0 is refused [RFC 7252 §4.8]', () => {
  expect(parameterFault({ ...p, ackRandomFactor: 0.9 })).toBe('ackRandomFactor must be at least 1')
})
test('MAX_RETRANSMIT and NSTART are whole numbers [RFC 7252 §4.8]', () => {
  expect(parameterFault({ ...p, maxRetransmit: 1.5 })).toBe('maxRetransmit must be a whole number of at least 0')
  expect(parameterFault({ ...p, nstart: 0 })).toBe('nstart must be a whole number of at least 1')
})
test('times and bounds that would stop the engine are refused', () => {
  expect(parameterFault(p)).toBeUndefined()
  for (const name of ['ackTimeoutMs', 'maxLatencyMs', 'outgoingMax', 'peersMax', 'seenMax', 'performedMax', 'waitingMax'] as const)
    expect(parameterFault({ ...p, [name]: -1 })).toContain(name)
  expect(parameterFault({ ...p, ackTimeoutMs: 0 })).toContain('ackTimeoutMs')
  expect(parameterFault({ ...p, ackTimeoutMs: Number.NaN })).toContain('ackTimeoutMs')
  expect(parameterFault({ ...p, szx: 7 })).toBe('szx must be a whole number from 0 to 6')
})
