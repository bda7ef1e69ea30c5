/** Whatever flight is lost goes again after a second, then after two, and so on up to a minute (RFC 6347 §4.2.4.1). */
import { test } from 'vitest'
import { play } from './pair.ts'

test('a lost ClientHello goes again after a second [RFC 6347 §4.2.4.1]', () => {
  play({ lost: [0] }, { submitted: 'o', transmitted: 'c---cvCSKF', delivered: '---------sa' })
})

test('a lost HelloVerifyRequest is made again for the ClientHello that comes again [RFC 6347 §4.2.1]', () => {
  play({ lost: [1] }, { submitted: 'o', transmitted: 'cv--cvCSKF', delivered: '---------sa' })
})

test('a lost ClientHello with its cookie goes again [RFC 6347 §4.2.4]', () => {
  play({ lost: [2] }, { submitted: 'o', transmitted: 'cvC---CSKF', delivered: '---------sa' })
})

test('a lost flight of the server is repeated by either: the server by its own time-out, the client by a ClientHello that changes nothing [RFC 6347 §4.2.4]', () => {
  play({ lost: [3] }, { submitted: 'o', transmitted: 'cvCS--CSKF', delivered: '---------sa' })
})

test('a lost flight of the client is repeated by the client, and the server repeats its own meanwhile [RFC 6347 §4.2.4]', () => {
  play({ lost: [4] }, { submitted: 'o', transmitted: 'cvCSK--SKF', delivered: '---------sa' })
})

test('the last flight goes again when the client shows that it did not get it [RFC 6347 §4.2.4]', () => {
  play({ lost: [5] }, { submitted: 'o', transmitted: 'cvCSKF--KF', delivered: '-----s----a' }, {})
})

test("the last flight of a resumed session, the client's, goes again when the server shows that it did not get it [RFC 6347 §4.2.4]", () => {
  play({ lost: [12] }, { submitted: 'o-------z---o', transmitted: 'cvCSKF--AA--cvCRF--RF', delivered: '-----sa-el------a----t' })
})

test('a flight that is never answered goes again after 1, 2, 4, 8, 16 and 32 s, and then it is over [RFC 6347 §4.2.4.1]', () => {
  play(
    { lost: Array.from({ length: 100 }, (_, at) => at), untilMs: 300_000 },
    { submitted: 'o', transmitted: 'c 750ms c 1750ms c 3750ms c 7750ms c 15750ms c 31750ms c', delivered: '123s q' },
  )
})
