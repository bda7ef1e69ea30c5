/** Writes until it is killed: batch n is `a`, `b` and an entry of its own, all of them saying n; each that is acknowledged is printed. */
import { lastValueFrom } from 'rxjs'
import { database } from '../../src/platform/database.ts'

const db = database(process.argv[2]!)
const octets = (n: number) => new TextEncoder().encode(String(n))
const write = (n: number): Promise<unknown> =>
  lastValueFrom(
    db.write([
      { key: 'a', value: octets(n) },
      { key: `own/${n}`, value: octets(n) },
      { key: `own/${n - 10}`, value: undefined },
      { key: 'b', value: octets(n) },
    ]),
    { defaultValue: undefined },
  ).then(() => process.stdout.write(`${n}\n`))

const from = Number(process.argv[3])
// Three at a time, so that batches are gathered.
for (let n = from; ; n += 3) await Promise.all([write(n), write(n + 1), write(n + 2)])
