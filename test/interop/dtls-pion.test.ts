/** pion/dtls in both roles: every suite, Connection IDs with a port that changes, resumption (RFC 6347, RFC 9146). */
import { afterEach, describe, expect, test } from 'vitest'
import { bytesOf, keyHex, open, pion, spoken, talk, text, type End, type Talker } from './dtls.ts'

const ends: End[] = []
const talkers: Talker[] = []
afterEach(async () => {
  ends.splice(0).forEach((end) => end.close())
  await Promise.all(talkers.splice(0).map((talker) => talker.stop()))
})
const ours = (...how: Parameters<typeof open>): End => {
  const end = open(...how)
  ends.push(end)
  return end
}
const theirs = (args: readonly string[]): Talker => {
  const talker = talk(pion, ['-key', keyHex, ...args])
  talkers.push(talker)
  return talker
}
const server = async (...args: readonly string[]) => {
  const peer = theirs([...args, 'server'])
  const [, port] = await peer.hear(/listening 127\.0\.0\.1:(\d+)/)
  return { peer, uri: `coaps://127.0.0.1:${port}` }
}
const echo = async (end: End, remote: string, words: string, count: number) => {
  end.say({ type: 'datagram', remote, bytes: bytesOf(words) })
  expect(text((await end.word('datagram', count)).bytes)).toBe(words)
}
const hex = (words: string) => Buffer.from(words).toString('hex')

describe('our client at its server', () => {
  test.each(spoken)('$suite', async ({ suite, pion: name }) => {
    const { peer, uri } = await server('-suite', name)
    const end = ours({ suites: [suite], macThenEncrypt: true })
    end.say({ type: 'open', remote: 'peer', uri })
    await end.word('opened')
    await peer.hear(/connected/)
    await echo(end, 'peer', 'hello', 1)
    await echo(end, 'peer', 'again', 2)
  })

  test('CBC without encrypt-then-MAC, which it does not know, is refused unless it is waived [RFC 7366]', async () => {
    const { uri } = await server('-suite', 'CBC')
    const end = ours({ suites: ['TLS_PSK_WITH_AES_128_CBC_SHA256'] })
    end.say({ type: 'open', remote: 'peer', uri })
    expect(await end.word('closed')).toMatchObject({ reason: 'refused', detail: 'no-common-suite' })
  })

  test.each([1, 8, 20])('a Connection ID of %i octets of ours, 8 of its', async (connectionIdBytes) => {
    const { uri } = await server('-cid', '8')
    const end = ours({ connectionIdBytes })
    end.say({ type: 'open', remote: 'peer', uri })
    await echo(end, 'peer', 'hello', 1)
  })

  test('a link that sleeps wakes at another port of ours, without a handshake [RFC 9146 §6]', async () => {
    const { peer, uri } = await server('-cid', '8')
    const end = ours()
    end.say({ type: 'open', remote: 'peer', uri })
    await echo(end, 'peer', 'hello', 1)
    const [, before] = await peer.hear(/received 68656c6c6f from (\S+)/)
    end.say({ type: 'close', remote: 'peer', keepSession: true })
    await end.word('closed')
    end.say({ type: 'open', remote: 'peer', uri })
    await end.word('opened', 2)
    await echo(end, 'peer', 'awake', 2)
    const [, after] = await peer.hear(/received 6177616b65 from (\S+)/)
    expect(after).not.toBe(before)
    expect(peer.said().match(/connected/g)).toHaveLength(1)
  })

  test('without a Connection ID the session is resumed [RFC 5246 §7.3]', async () => {
    const { peer, uri } = await server()
    const end = ours()
    end.say({ type: 'open', remote: 'peer', uri })
    await echo(end, 'peer', 'hello', 1)
    end.say({ type: 'close', remote: 'peer', keepSession: true })
    await end.word('closed')
    end.say({ type: 'open', remote: 'peer', uri })
    await end.word('opened', 2)
    await echo(end, 'peer', 'again', 2)
    const [first, second] = [...peer.said().matchAll(/connected session=(\w+)/g)].map(([, session]) => session)
    expect(second).toBe(first)
  })

  test('a session that the server does not know ends in a full handshake', async () => {
    const first = await server()
    const end = ours()
    end.say({ type: 'open', remote: 'peer', uri: first.uri })
    await echo(end, 'peer', 'hello', 1)
    end.say({ type: 'close', remote: 'peer', keepSession: true })
    await first.peer.stop()
    const second = await server()
    end.say({ type: 'open', remote: 'peer', uri: second.uri })
    await echo(end, 'peer', 'again', 2)
  })

  test('datagrams of 256 octets: the handshake is in pieces', async () => {
    const { uri } = await server('-mtu', '256')
    const end = ours({ datagramBytesMax: 256 })
    end.say({ type: 'open', remote: 'peer', uri })
    await echo(end, 'peer', 'hello', 1)
  })

  test('a wrong key, and an identity that is not known: closed, with the reason', async () => {
    const { uri } = await server('-identity', 'somebody-else')
    const end = ours({ retransmissionsMax: 1, retransmitMs: 200 })
    end.say({ type: 'open', remote: 'peer', uri })
    expect((await end.word('closed')).detail).toMatch(/alert|unknown-identity|silence/)
    expect(end.heard.some(({ type }) => type === 'opened')).toBe(false)
  })
})

describe('its client at our server', () => {
  const client = async (end: End, ...args: readonly string[]) => {
    const { port } = await end.word('listening')
    const peer = theirs(['-address', `127.0.0.1:${port}`, ...args, 'client'])
    peer.tell('connect\n')
    return peer
  }
  const echoing = (options: Parameters<typeof open>[0] = {}) => ours(options, { listens: true, answers: (bytes) => bytes })

  test.each(spoken)('$suite', async ({ suite, pion: name }) => {
    const peer = await client(echoing({ suites: [suite], macThenEncrypt: true }), '-suite', name)
    await peer.hear(/connected/)
    peer.tell(`send ${hex('hello')}\n`)
    await peer.hear(new RegExp(`received ${hex('hello')}`))
  })

  test.each([
    [0, 8],
    [8, 8],
    [8, 0],
  ])(
    'its port changes in mid-session (its Connection ID has %i octets, ours %i): the peer keeps its name [RFC 9146 §6]',
    async (cid, connectionIdBytes) => {
      const end = echoing({ connectionIdBytes })
      const peer = await client(end, '-cid', String(cid))
      await peer.hear(/connected/)
      peer.tell(`send ${hex('here')}\n`)
      await peer.hear(new RegExp(`received ${hex('here')}`))
      peer.tell('port\n')
      await peer.hear(/moved/)
      peer.tell(`send ${hex('there')}\n`)
      if (connectionIdBytes === 0) {
        // Ours is empty: nothing names the session, and what comes from elsewhere is nobody's.
        await expect(
          Promise.race([peer.hear(new RegExp(`received ${hex('there')}`)), new Promise((_, no) => setTimeout(no, 1_000))]),
        ).rejects.toBeUndefined()
        return
      }
      await peer.hear(new RegExp(`received ${hex('there')}`))
      expect(new Set(end.heard.filter((word) => word.type === 'datagram').map(({ remote }) => remote)).size).toBe(1)
      expect(end.heard.filter(({ type }) => type === 'opened')).toHaveLength(1)
    },
  )

  test('it resumes its session [RFC 5246 §7.3]', async () => {
    const end = echoing()
    const peer = await client(end)
    await peer.hear(/connected/)
    peer.tell('close\nconnect\n')
    await peer.hear(/connected[^]*connected/)
    const [first, second] = [...peer.said().matchAll(/connected session=(\w+)/g)].map(([, session]) => session)
    expect(second).toBe(first)
    expect(first).not.toBe('')
    peer.tell(`send ${hex('hello')}\n`)
    await peer.hear(new RegExp(`received ${hex('hello')}`))
    expect(text((await end.word('opened', 2)).identity!)).toBe('device')
  })

  test('a wrong key, and an identity that is not known: nobody is there', async () => {
    const end = echoing()
    const { port } = await end.word('listening')
    const stranger = await client(end, '-identity', 'stranger')
    await stranger.hear(/failed/)
    const liar = theirs(['-key', keyHex.replace('00', 'ff'), '-address', `127.0.0.1:${port}`, 'client'])
    liar.tell('connect\n')
    await liar.hear(/failed/)
    expect(end.heard.map(({ type }) => type).filter((type) => type === 'opened' || type === 'datagram')).toEqual([])
  })
})
