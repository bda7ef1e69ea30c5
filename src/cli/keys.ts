/** `lwm2m-rx keys NAME…`: keys for a try, in files that only their owner can read (RFC 4279). */
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { Lwm2mError } from '../core/error.ts'
import { fileName } from '../platform/files.ts'
import { leave } from './exit.ts'

/** The command. */
export const keysCommand = (): Command =>
  new Command('keys')
    .description('Make a key for each endpoint, to try coaps:// with; what is in production comes from elsewhere')
    .argument('<endpoint...>', 'endpoint client names; each is its own PSK identity')
    .option('-f, --file <file>', 'the credentials of a server; those that are there stay', 'credentials.json')
    .option('-d, --folder <folder>', 'where each endpoint gets a file with its key', '.')
    .action(make)

const make = (endpoints: readonly string[], { file, folder }: { readonly file: string; readonly folder: string }): void => {
  try {
    const before = existsSync(file) ? entriesOf(file) : []
    const taken = new Set(before.map(({ identity }) => identity))
    const made = endpoints.map((endpointClientName) => {
      if (taken.has(endpointClientName)) throw new Lwm2mError('invalid', `${endpointClientName} is in ${file}, or named twice`)
      taken.add(endpointClientName)
      return { identity: endpointClientName, key: `hex:${randomBytes(16).toString('hex')}`, endpointClientName }
    })
    for (const { identity, key } of made) write(keyFile(folder, identity), `${key}\n`, 'wx')
    write(file, `${JSON.stringify([...before, ...made], undefined, 2)}\n`, 'w')
    process.stdout.write(`lwm2m-rx server --credentials ${file}\n`)
    for (const { identity } of made)
      process.stdout.write(
        `lwm2m-rx client --server coaps://127.0.0.1 --endpoint ${identity} --psk-identity ${identity} --psk-key @${keyFile(folder, identity)}\n`,
      )
  } catch (error) {
    leave(error)
  }
}
const keyFile = (folder: string, identity: string): string => join(folder, `${fileName(identity)}.key`)
const write = (path: string, text: string, flag: 'w' | 'wx'): void => {
  try {
    writeFileSync(path, text, { mode: 0o600, flag })
    chmodSync(path, 0o600)
  } catch (error) {
    throw new Lwm2mError('invalid', `${path} cannot be written: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`)
  }
}
const entriesOf = (file: string): readonly { readonly identity: string }[] => {
  try {
    const entries: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (Array.isArray(entries)) return entries as readonly { readonly identity: string }[]
  } catch {
    // Neither the parser's words nor the file's: there are keys in it.
  }
  throw new Lwm2mError('invalid', `${file} is no list of credentials`)
}
