/** Cables in memory keep the promises of sockets. */
import { describe, expect, test } from 'vitest'
import { seeded } from '../../src/core/dice.ts'
import { datagram, open } from '../../src/datagram/datagram.ts'
import { cable, streamCable, type Ends } from '../../src/datagram/cable.ts'
import { virtualScheduler } from '../../src/simulation/virtual.ts'
import { live } from '../../src/platform/live.ts'
import { datagramContract } from './datagram-contract.ts'
import { end, octets, textOf } from './street.ts'

const over = (make: () => Ends) => {
  let ends = make()
  let going = 0
  return {
    listening: () => {
      ends = make()
      return Promise.resolve({ street: end(ends('coap://10.0.0.1:5683')), remote: 'coap://10.0.0.1:5683' })
    },
    going: () => ends(`coap://10.0.0.${2 + going++}:5683`),
  }
}
datagramContract('a cable', { ...over(() => cable(live())), stream: false })
datagramContract('a cable for streams', { ...over(() => streamCable(live())), stream: true })
datagramContract('a cable for streams cut anywhere', { ...over(() => streamCable(live(), { delayMs: 1, pieceBytes: 4000 })), stream: true })

describe('in virtual time', () => {
  const world = () => {
    const scheduler = virtualScheduler()
    return { scheduler, random: seeded(1) }
  }

  test('a datagram takes as long as the cable is', () => {
    const env = world()
    const ends = cable(env, { delayMs: 250 })
    const [a, b] = [end(ends('a')), end(ends('b'))]
    a.send(datagram('b', octets('x')))
    env.scheduler.flush(249)
    expect(b.heard).toEqual([])
    env.scheduler.flush(250)
    expect(b.heard).toMatchObject([{ type: 'datagram', remote: 'a' }])
  })

  test('what is sent to nobody is lost, and what is too long is undeliverable', () => {
    const env = world()
    const a = end(cable(env, { mtuBytes: 3 })('a'))
    a.send(datagram('b', octets('x')))
    a.send(datagram('b', octets('long')))
    env.scheduler.flush()
    expect(a.heard).toEqual([{ type: 'undeliverable', remote: 'b', reason: 'too-large' }])
  })

  test('an answer comes under the name that was used, whether or not it says the port', () => {
    const env = world()
    const ends = cable(env)
    const [a, b] = [end(ends('coap://10.0.0.1')), end(ends('coap://10.0.0.2:5683'))]
    for (const remote of ['coap://10.0.0.2', 'coap://10.0.0.2:5683']) {
      a.send(datagram(remote, octets('x')))
      env.scheduler.flush()
      b.send(datagram(b.heard.flatMap((up) => (up.type === 'datagram' ? [up.remote] : [])).at(-1)!, octets('y')))
      env.scheduler.flush()
      expect(a.heard.at(-1)).toMatchObject({ type: 'datagram', remote })
    }
  })

  test('a stream to nobody is refused', () => {
    const env = world()
    const a = end(streamCable(env)('a'))
    a.send(open('b'))
    env.scheduler.flush()
    expect(a.heard).toEqual([{ type: 'closed', remote: 'b', reason: 'refused' }])
  })

  test('a stream is heard in order, whatever it is cut into', () => {
    const env = world()
    const ends = streamCable(env, { delayMs: 5, pieceBytes: 3 })
    const [a, b] = [end(ends('a')), end(ends('b'))]
    for (const text of ['The octets ', 'of a stream ', 'come in order.']) a.send(datagram('b', octets(text)))
    env.scheduler.flush()
    const pieces = b.heard.flatMap((up) => (up.type === 'datagram' ? [textOf(up)] : []))
    expect(pieces.length).toBeGreaterThan(12)
    expect(pieces.join('')).toBe('The octets of a stream come in order.')
    expect(b.heard[0]).toMatchObject({ type: 'opened', remote: 'a' })
  })

  test('the other end of a stream hears when this one goes away', () => {
    const env = world()
    const ends = streamCable(env)
    const [a, b] = [end(ends('a')), end(ends('b'))]
    a.send(datagram('b', octets('x')))
    env.scheduler.flush()
    b.stop()
    env.scheduler.flush()
    expect(a.heard.at(-1)).toEqual({ type: 'closed', remote: 'b', reason: 'lost' })
  })

  test('two ends of one name are a bug', () => {
    const ends = cable(world())
    const first = end(ends('coap://10.0.0.1'))
    expect(first.heard).toEqual([])
    return expect(end(ends('coap://10.0.0.1:5683')).one('datagram')).rejects.toThrow('two ends')
  })
})
