/** `lwm2m-rx firmware verify --key PEM FILE`: what a device would say of a package (docs/firmware.md, Signed packages). */
import { Command } from 'commander'
import { lastValueFrom, mergeMap } from 'rxjs'
import { digest } from '../../firmware/image/pipeline.ts'
import { signedBy, trailerAt } from '../../firmware/verify/pipeline.ts'
import { crypto } from '../../platform/crypto.ts'
import { octets } from '../bar.ts'
import { exitCodes, leave } from '../exit.ts'
import { plain } from '../escape.ts'
import { readable } from '../image.ts'
import { textOf } from './sign.ts'

/** The command. */
export const verifyCommand = (): Command =>
  new Command('verify')
    .description('Check a package as a device does; exit code 1 when it is refused')
    .argument('<file>', 'the package')
    .requiredOption(
      '-k, --key <file>',
      'public key in PEM; several, and one of them must have signed it',
      (one: string, all: readonly string[] | undefined) => [...(all ?? []), one],
    )
    .action(run)

const run = async (file: string, { key }: { readonly key: readonly string[] }): Promise<void> => {
  try {
    const source = await lastValueFrom(readable(file))
    const size = source.size ?? 0
    const trailer = await lastValueFrom(trailerAt(source, size))
    if (typeof trailer !== 'string') {
      const { name, version, securityVersion, algorithm, keyId } = trailer
      process.stdout.write(
        [
          `${file}: ${octets(trailer.size)}, signed with ${algorithm}, key ${Buffer.from(keyId).toString('hex')}`,
          `  name "${plain(name)}", version "${plain(version)}", security version ${securityVersion}`,
          '',
        ].join('\n'),
      )
    }
    const verify = signedBy({ keys: key.map(textOf) })
    const said = await lastValueFrom(digest(source, crypto).pipe(mergeMap((sha256) => verify({ source, size, sha256 }, { crypto }))))
    if (said.outcome === 'verified') process.stdout.write('verified\n')
    else {
      process.stderr.write(`lwm2m-rx: refused with Result ${said.result}: ${said.why ?? ''}\n`)
      process.exitCode = exitCodes.failed
    }
  } catch (error) {
    leave(error)
  }
}
