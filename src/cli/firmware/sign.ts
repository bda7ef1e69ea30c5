/** `lwm2m-rx firmware sign --key PEM IN OUT`: an image and behind it who signed it (docs/firmware.md, Signed packages). */
import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { Lwm2mError } from '../../core/error.ts'
import { signFile, signerOf } from '../../platform/sign.ts'
import { octets } from '../bar.ts'
import { leave } from '../exit.ts'

interface Flags {
  readonly key: string
  readonly name: string
  readonly version: string
  readonly securityVersion: number
}

/** The command. */
export const signCommand = (): Command =>
  new Command('sign')
    .description('Sign an image: the package is the image with a trailer behind it, for devices that verify with signedBy')
    .argument('<in>', 'the image')
    .argument('<out>', 'the package; it must not be there yet')
    .requiredOption('-k, --key <file>', 'private key in PEM: openssl genpkey -algorithm ed25519; its passphrase in LWM2M_RX_PASSPHRASE')
    .option('-n, --name <name>', 'what the image is for: PkgName', '')
    .option('--version <version>', 'PkgVersion', '')
    .option('-s, --security-version <number>', 'devices refuse what is below the number that they have', wholeNumber, 0)
    .action(run)

const run = async (from: string, to: string, { key, ...about }: Flags): Promise<void> => {
  try {
    const signer = signerOf(textOf(key), process.env['LWM2M_RX_PASSPHRASE'])
    const { size, algorithm, keyId, name, version, securityVersion } = await signFile(from, to, about, signer)
    const hash = createHash('sha256')
    for await (const piece of createReadStream(to)) hash.update(piece as Buffer)
    process.stdout.write(
      [
        `${to}: ${octets(size)} signed with ${algorithm}, key ${Buffer.from(keyId).toString('hex')}`,
        `  name "${name}", version "${version}", security version ${securityVersion}`,
        `  sha256:${hash.digest('hex')}`,
        `devices trust it with`,
        signer.publicPem,
      ].join('\n'),
    )
  } catch (error) {
    leave(fileTrouble(error))
  }
}

/** A file as text. Error: `invalid`. */
export const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw fileTrouble(error)
  }
}
/** What the file system says, as an error with the name of the file and nothing of what is in it. */
export const fileTrouble = (error: unknown): unknown => {
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException
  if (path === undefined || code === undefined) return error
  const why = { ENOENT: 'is not there', EEXIST: 'is there already', EACCES: 'may not be read or written', EISDIR: 'is a folder' }[code]
  return new Lwm2mError('invalid', `${path} ${why ?? code}`)
}

const wholeNumber = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number from 0 to 4294967295 is needed.')
  return Number(text)
}
