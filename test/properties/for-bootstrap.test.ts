/** What only a bootstrap server may ask, and what anybody else is answered (LwM2M Core §6.1.7, §6.3). */
import { expect, test } from 'vitest'
import { parsePath } from '../../src/model/path.ts'
import { reservedForBootstrap } from '../../src/operation/for-bootstrap.ts'

const at = (text: string) => parsePath(text)!
const codeOf = (word: Parameters<typeof reservedForBootstrap>[0]) => reservedForBootstrap(word)?.code

test.each(['/', '/3'])(
  'whole Objects are neither written nor deleted at %s but by a bootstrap server: 4.05 [LwM2M Transport §6.4.4]',
  (text) => {
    expect(codeOf({ operation: { type: 'write', mode: 'replace', path: at(text), nodes: [] } })).toBe('4.05')
    expect(codeOf({ operation: { type: 'delete', path: at(text) } })).toBe('4.05')
  },
)
test('the root is discovered by a bootstrap server alone [LwM2M Core §6.1.7.3]', () => {
  expect(codeOf({ operation: { type: 'discover', path: {} } })).toBe('4.05')
  expect(codeOf({ operation: { type: 'discover', path: at('/3') } })).toBeUndefined()
})
test('Bootstrap-Finish of any other server is 4.05', () => {
  expect(codeOf({ operation: { type: 'bootstrap-finish' } })).toBe('4.05')
})
test('whoever asks beside the alternate path finds nothing: 4.04 [LwM2M Transport §6.4.1]', () => {
  expect(codeOf({ operation: { type: 'read', path: at('/3/0/0') }, outside: true })).toBe('4.04')
})
test.each(['/3/0', '/3/0/14', '/3/0/11/0'])('what lies below an Object is for every server: %s', (text) => {
  expect(codeOf({ operation: { type: 'write', mode: 'partial', path: at(text), nodes: [] } })).toBeUndefined()
  expect(codeOf({ operation: { type: 'delete', path: at(text) } })).toBeUndefined()
})
