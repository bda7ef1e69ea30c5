/** What RFC 7959 wants of blocks, where no other ladder says it. */
import { expect, test } from 'vitest'
import { defaultParameters, parameterFault } from '../../src/exchange/parameters.ts'
import { opaqueOption, options } from '../../src/message/option.ts'
import { ladder, like } from '../../src/testing/index.ts'
import {
  answer,
  answered,
  answers,
  ask,
  asked,
  asks,
  b1,
  b2,
  body,
  etag,
  floor,
  gets,
  isAsked,
  next,
  piece,
  request,
  size1,
  size2,
} from '../blockwise/words.ts'

const nothing = new Uint8Array(0)

test('blocks of one body have one ETag each, the same, whether the handler gave it or not [RFC 7252 §5.10.6.1]', () => {
  for (const given of [[], [etag(7)]]) {
    const get = asked(1, '0.01', [])
    const seen = ladder(
      floor({ szx: 0 }),
      {
        values: {
          g: get,
          Q: isAsked(1, nothing),
          a: answer(get, '2.05', body(40), given),
          h: asked(2, '0.01', [b2(1, false, 0)]),
          i: asked(3, '0.01', [b2(2, false, 0)]),
        },
      },
      { received: 'g-h-i', delivered: 'Q', submitted: '-a', transmitted: '*' },
    )
    const etags = seen.transmitted.map(({ value }) =>
      (
        value as { readonly response: { readonly options: readonly { readonly number: number; readonly value: Uint8Array }[] } }
      ).response.options.filter(({ number }) => number === options.ETag),
    )
    expect(etags.map((all) => all.length)).toEqual([1, 1, 1])
    expect(etags[1]).toEqual(etags[0])
    expect(etags[2]).toEqual(etags[0])
  }
})

test('the M bit of a Block2 option in a request is ignored [RFC 7959 §2.2]', () => {
  const get = asked(1, '0.01', [b2(0, true, 0)])
  ladder(
    floor(),
    {
      values: {
        g: get,
        Q: isAsked(1, nothing),
        a: answer(get, '2.05', body(40), [etag(7)]),
        A: answers(1, '2.05', [etag(7), b2(0, true, 0), size2(40)], piece(0, 16)),
        h: asked(2, '0.01', [b2(2, true, 0)]),
        B: answers(2, '2.05', [etag(7), b2(2, false, 0)], piece(32, 8)),
      },
    },
    { received: 'g-h', delivered: 'Q', submitted: '-a', transmitted: '-AB' },
  )
})

test('whatever block size is preferred, the reserved one is never sent: it is no parameter [RFC 7959 §2.2]', () => {
  for (const szx of [-1, 0.5, 7, 8]) expect(parameterFault({ ...defaultParameters, szx })).toBe('szx must be a whole number from 0 to 6')
  for (const szx of [0, 1, 2, 3, 4, 5, 6]) expect(parameterFault({ ...defaultParameters, szx })).toBeUndefined()
})

test('an acknowledgement of a block that is not the last has no Block2, even when the request asks for one [RFC 7959 §2.3]', () => {
  const one = asked(1, '0.02', [b2(0, false, 0), b1(0, true, 0)], piece(0, 16))
  ladder(floor(), { values: { '1': one, A: answers(1, '2.31', [b1(0, true, 0)]) } }, { received: '1--', transmitted: 'A' })
})

test('If-None-Match goes with the first block of a request only [RFC 7959 §2.10]', () => {
  const once = opaqueOption(options.IfNoneMatch, nothing)
  ladder(
    floor({ szx: 0 }),
    {
      values: {
        a: ask('a1', request('0.03', [once], body(40))),
        p: asks('a1', '0.03', [once, b1(0, true, 0), size1(40)], piece(0, 16)),
        '0': answered('a1', '2.31', undefined, [b1(0, true, 0)]),
        q: asks(next, '0.03', [b1(1, true, 0)], piece(16, 16)),
        '1': answered(next, '2.31', undefined, [b1(1, true, 0)]),
        r: asks(next, '0.03', [b1(2, false, 0)], piece(32, 8)),
      },
    },
    { submitted: 'a', transmitted: 'p-q-r', received: '--0-1' },
  )
})

test('a request whose first block has If-None-Match is handed up with it [RFC 7959 §2.10]', () => {
  const once = opaqueOption(options.IfNoneMatch, nothing)
  ladder(
    floor(),
    {
      values: {
        '1': asked(1, '0.03', [once, b1(0, true, 0)], piece(0, 16)),
        A: answers(1, '2.31', [b1(0, true, 0)]),
        '2': asked(2, '0.03', [b1(1, false, 0)], piece(16, 8)),
        Q: (value: unknown) =>
          isAsked(2, body(24))(value) &&
          (value as { readonly request: { readonly options: readonly { readonly number: number }[] } }).request.options.some(
            ({ number }) => number === options.IfNoneMatch,
          ),
      },
    },
    { received: '1-2', transmitted: 'A', delivered: '--Q' },
  )
})

test('who wants to know the size sends Size2 with 0, and is told it [RFC 7959 §4]', () => {
  expect(size2(0).value.length).toBe(0)
  const get = asked(1, '0.01', [size2(0)])
  ladder(
    floor(),
    {
      values: {
        g: get,
        Q: isAsked(1, nothing),
        a: answer(get, '2.05', body(40)),
        A: like({ type: 'answer', response: { payload: body(40) } }),
      },
    },
    { received: 'g-', delivered: 'Q', submitted: '-a', transmitted: '-A' },
  )
  ladder(
    floor(),
    { values: { a: ask('a1', request('0.01', [size2(0)])), f: asks('a1', '0.01', [size2(0)]) } },
    { submitted: 'a', transmitted: 'f' },
  )
})

test('a body without a size arrives whole [RFC 7959 §4]', () => {
  ladder(
    floor(),
    {
      values: {
        a: ask('a1', request('0.01')),
        f: asks('a1', '0.01', []),
        '0': answered('a1', '2.05', piece(0, 16), [b2(0, true, 0)]),
        s: asks(next, '0.01', [b2(1, false, 0)]),
        '1': answered(next, '2.05', piece(16, 4), [b2(1, false, 0)]),
        D: gets('a1', '2.05', body(20), { last: true }),
      },
    },
    { submitted: 'a', transmitted: 'f-s', received: '--0-1', delivered: '----D' },
  )
})
