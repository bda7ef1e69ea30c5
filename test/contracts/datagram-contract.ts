/** What every street of datagrams promises, whatever it is made of. */
import { afterEach, describe, expect, test } from 'vitest'
import type { Duplex } from '../../src/core/duplex.ts'
import type { DatagramDown, DatagramUp } from '../../src/core/ports.ts'
import { close, datagram, open } from '../../src/datagram/datagram.ts'
import { end, octets, textOf, type End } from './street.ts'

export interface Streets {
  /** An end that peers may come to, and its remote. */
  readonly listening: () => Promise<{ readonly street: End; readonly remote: string }>
  /** An end that goes to others. */
  readonly going: () => Duplex<DatagramDown, DatagramUp>
  /** Streams answer an open to nobody with `closed`, datagrams vanish. */
  readonly stream: boolean
}

export const datagramContract = (name: string, { listening, going, stream }: Streets): void => {
  describe(name, () => {
    const ends: End[] = []
    const started = (street: Duplex<DatagramDown, DatagramUp>): End => {
      const made = end(street)
      ends.push(made)
      return made
    }
    const server = async () => {
      const made = await listening()
      ends.push(made.street)
      return { server: made.street, remote: made.remote }
    }
    afterEach(() => ends.splice(0).forEach(({ stop }) => stop()))

    test('a peer that comes by itself has a name, and what is sent to that name finds it', async () => {
      const { server: at, remote } = await server()
      const client = started(going())
      client.send(datagram(remote, octets('hello')))
      const came = await at.one('datagram')
      expect(textOf(came)).toBe('hello')
      at.send(datagram(came.remote, octets('welcome')))
      const answer = await client.one('datagram')
      expect([answer.remote, textOf(answer)]).toEqual([remote, 'welcome'])
    })

    test('an opened link has the name that its opener chose, in both directions', async () => {
      const { server: at, remote } = await server()
      const client = started(going())
      client.send(open('the server', remote))
      const { local, ...opened } = await client.one('opened')
      expect(opened).toEqual({ type: 'opened', remote: 'the server', address: remote.replace(/^.*\/\//, '') })
      client.send(datagram('the server', octets('hello')))
      const came = await at.one('datagram')
      expect(came.remote).toBe(`${remote.split('//')[0]}//${local}`)
      at.send(datagram(came.remote, octets('welcome')))
      expect((await client.one('datagram')).remote).toBe('the server')
    })

    test('what is sent while a link opens leaves when it is open, in order', async () => {
      const { server: at, remote } = await server()
      const client = started(going())
      client.send(open('the server', remote))
      for (const text of ['1', '2', '3']) client.send(datagram('the server', octets(text)))
      await at.until('datagram', stream ? 1 : 3)
      expect(at.heard.flatMap((up) => (up.type === 'datagram' ? [textOf(up)] : [])).join('')).toMatch(/^1(2(3)?)?$/)
    })

    test('two links to one place are two peers there', async () => {
      const { server: at, remote } = await server()
      const client = started(going())
      for (const name of ['one', 'two']) {
        client.send(open(name, remote))
        client.send(datagram(name, octets(name)))
      }
      const came = await at.until('datagram', 2)
      expect(new Set(came.map((up) => up.remote)).size).toBe(2)
      for (const up of came) at.send(datagram(up.remote, octets(`for ${textOf(up)}`)))
      const answers = await client.until('datagram', 2)
      expect(new Map(answers.map((up) => [up.remote, textOf(up)]))).toEqual(
        new Map([
          ['one', 'for one'],
          ['two', 'for two'],
        ]),
      )
    })

    test('a closed link says so', async () => {
      const { remote } = await server()
      const client = started(going())
      client.send(open('the server', remote))
      await client.one('opened')
      client.send(close('the server'))
      expect(await client.one('closed')).toEqual({ type: 'closed', remote: 'the server', reason: 'asked' })
    })

    test('closing what was never opened is answered all the same', async () => {
      const client = started(going())
      client.send(close('nothing'))
      expect(await client.one('closed')).toEqual({ type: 'closed', remote: 'nothing', reason: 'asked' })
    })

    test('opening what is open makes it anew, from another place, without a closed', async () => {
      const { remote } = await server()
      const client = started(going())
      client.send(open('the server', remote))
      await client.one('opened')
      client.send(open('the server', remote))
      const [first, second] = await client.until('opened', 2)
      expect(second!.local).not.toBe(first!.local)
      expect(client.heard.some(({ type }) => type === 'closed')).toBe(false)
    })

    test('every length of datagram arrives as it was sent', async () => {
      const { server: at, remote } = await server()
      const client = started(going())
      client.send(open('the server', remote))
      const sent = [0, 1, 2, 1152, 1280, 8000]
        .filter((size) => size > 0)
        .map((size) => Uint8Array.from({ length: size }, (_, i) => i & 255))
      for (const bytes of sent) client.send(datagram('the server', bytes))
      const total = sent.reduce((sum, { length }) => sum + length, 0)
      const arrived = () => at.heard.flatMap((up) => (up.type === 'datagram' ? [...up.bytes] : []))
      for (let count = 1; arrived().length < total; count++) await at.until('datagram', count)
      expect(arrived()).toEqual(sent.flatMap((bytes) => [...bytes]))
    })

    test('an end that stopped hears and says nothing more', async () => {
      const { server: at, remote } = await server()
      const client = started(going())
      client.send(open('the server', remote))
      await client.one('opened')
      const heard = client.heard.length
      client.stop()
      client.send(datagram('the server', octets('after the end')))
      const other = started(going())
      other.send(datagram(remote, octets('still here')))
      await at.one('datagram')
      expect(client.heard.length).toBe(heard)
      expect(at.heard.flatMap((up) => (up.type === 'datagram' ? [textOf(up)] : []))).toEqual(['still here'])
    })
  })
}
