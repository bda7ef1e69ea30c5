/** Bootstrap-Pack-Request: GET /bspack, answered with everything at once (LwM2M Core 1.2 §6.1.7.7, Transport §6.4.2). */
import { formatLinks, parseLinks } from '../format/link.ts'
import { methods } from '../message/code.ts'
import { options, uintOption } from '../message/option.ts'
import { formatPath, parsePath, type Path } from '../model/path.ts'
import type { OperationCodec } from './codec.ts'
import { decodeContent, encodeContent } from './content.ts'
import type { BootstrapPackRequest } from './operation.ts'
import { locationOptions, queryOptions, requestTo } from './place.ts'
import { parameters } from './register.ts'
import { wrong, type Shape, type Wrong } from './shape.ts'

export const bootstrapPack: OperationCodec<BootstrapPackRequest> = {
  type: 'bootstrap-pack-request',
  recognises: ({ method, segments }) => method === methods.GET && segments.length === 1 && segments[0] === 'bspack',
  decode: (shape) => decodePack(shape),
  encode: ({ endpoint, accept, accounts }) =>
    requestTo(methods.GET, [
      ...locationOptions(['bspack']),
      ...queryOptions([
        ...(endpoint === undefined ? [] : [`ep=${endpoint}`]),
        ...(accounts === undefined ? [] : [`acc=${formatLinks(accounts.map((path) => ({ target: formatPath(path), attributes: [] })))}`]),
      ]),
      ...(accept === undefined ? [] : [uintOption(options.Accept, accept)]),
    ]),
  encodeOutcome: (outcome, { accept }, _wish, context) => encodeContent(outcome, {}, accept, '1.2', context),
  decodeOutcome: (response, _operation, context) => decodeContent(response, {}, context),
}

const decodePack = ({ query, accept, observe }: Shape): BootstrapPackRequest | Wrong => {
  if (observe !== undefined) return wrong('4.00', 'a Bootstrap-Pack is not observed')
  const said = parameters(query)
  if (said === undefined) return wrong('4.00', 'a parameter is given twice')
  const accounts = accountsOf(said.get('acc'))
  if (accounts === 'wrong') return wrong('4.00', 'acc: these are no links to Object Instances')
  const endpoint = said.get('ep') ?? undefined
  return {
    type: 'bootstrap-pack-request',
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accept === undefined ? {} : { accept }),
    ...(accounts === undefined ? {} : { accounts }),
  }
}

/** The Object Instances of the bootstrap account: links without parameters (LwM2M Core 1.2.1 §6.1.7.7). */
const accountsOf = (said: string | null | undefined): readonly Path[] | undefined | 'wrong' => {
  if (said === undefined) return undefined
  const links = parseLinks(said ?? '')
  if ('fault' in links) return 'wrong'
  const paths = links.map(({ target, attributes }) => (attributes.length === 0 ? parsePath(target) : undefined))
  return paths.every((path): path is Path => path?.instance !== undefined && path.resource === undefined) ? paths : 'wrong'
}
