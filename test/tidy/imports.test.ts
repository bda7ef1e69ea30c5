/** Imports go one way, and rxjs, Node and the real clock stay where they belong. */
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { placeOf, sources, walk, type SourceFile } from './source.ts'

/** From the bottom up; a floor may import itself and what stands before it. Client and server do not know each other. */
const floors: readonly (readonly string[])[] = [
  ['core'],
  ['datagram'],
  ['message'],
  ['exchange'],
  ['blockwise'],
  ['model'],
  ['format'],
  ['operation'],
  ['objects'],
  ['firmware'],
  ['client', 'server'],
  [''],
  ['simulation', 'testing', 'interop'],
  ['platform', 'cli'],
]
const floorOf = (folder: string) => floors.findIndex((names) => names.includes(folder))
const folderOf = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '')

/** Where rxjs may be used as a value (design §3). */
const plumbing = new Set(['pipeline.ts', 'run.ts', 'duplex.ts', 'journal.ts', 'ask.ts', 'links.ts', 'cable.ts', 'faults.ts', 'download.ts'])
const worldly = new Set(['simulation', 'testing', 'interop', 'platform', 'cli', ''])
/** Parts of an allowed file that became files of their own. */
const partsOfPlumbing: Readonly<Record<string, string>> = {
  'exchange/serving.ts': 'the half of ask.ts that serves handlers',
  'client/ask.ts': 'requests of downloads',
}
/** Where a stream enters by hand (design §3). */
const subjects: Readonly<Record<string, string>> = {
  'core/duplex.ts': 'what a layer transmits',
  'core/run.ts': 'the effects of a run',
  'core/journal.ts': 'the turns',
  'datagram/dtls/pipeline.ts': 'what the DTLS layer transmits',
  'exchange/ask.ts': 'what the application says',
  'exchange/links.ts': 'the lanes by scheme',
  'blockwise/bodies/pipeline.ts': 'what sinks and sources answer',
  'client/pipeline.ts': 'what the application orders',
  'client/answering/pipeline.ts': 'what the application is asked',
  'client/face/pipeline.ts': 'what the application commands',
  'client/persist/pipeline.ts': 'what is ordered before the state is loaded, and what became of storing',
  'client/ask.ts': 'what a download asks',
  'firmware/orders/pipeline.ts': 'what a server orders of an update',
  'server/pipeline.ts': 'what the application orders',
  'server/listening/pipeline.ts': 'where it listens, for those who come later',
  'server/commands/pipeline.ts': 'what clients are to do, and what becomes of it',
  'server/bootstrap/pipeline.ts': 'what clients ask, and which sessions are over',
  'server/queue/pipeline.ts': 'what is asked of clients that sleep',
  'server/firmware/pipeline.ts': 'what happens to an update',
  'server/image/pipeline.ts': 'how far an image was served',
  'server/unheard/pipeline.ts': 'what DTLS does not hear',
}
/** The one place where promises and virtual time meet (design §2: `await world.settle()`). */
const settling = new Set(['simulation/virtual.ts', 'simulation/world.ts'])
const real = new Set(['platform', 'cli', 'interop'])
const clocks = new Set(['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'fetch', 'process'])
const timed = new Set([
  'timer',
  'interval',
  'delay',
  'debounceTime',
  'auditTime',
  'throttleTime',
  'timeout',
  'timeoutWith',
  'bufferTime',
  'sampleTime',
  'windowTime',
  'timestamp',
  'timeInterval',
])

const all = sources()
const found = (rule: (file: SourceFile) => readonly string[]) => all.flatMap(rule)

describe('the source', () => {
  test('imports one way only, up the list of design §3', () => {
    expect(
      found(({ path, folder, imports }) =>
        path === 'index.ts'
          ? []
          : imports.flatMap(({ path: target }) => {
              if (target === undefined) return []
              if (target === 'index.ts') return [`src/${path} imports index.ts`]
              const [own, other] = [floorOf(folder), floorOf(folderOf(target))]
              if (other < 0) return [`src/${path} imports ${target}, which is on no floor`]
              const neighbours = own === other && folder !== folderOf(target) && ['client', 'server'].includes(folder)
              const platform = folderOf(target) === 'platform' && !['platform', 'cli'].includes(folder)
              return other > own || neighbours || platform ? [`src/${path} imports ${target}`] : []
            }),
      ),
    ).toEqual([])
  })
  test('uses rxjs as a value only where streams are plumbed', () => {
    expect(
      found(({ path, folder, name, imports }) =>
        worldly.has(folder) || plumbing.has(name) || path in partsOfPlumbing
          ? []
          : imports.filter(({ from, isValue }) => /^rxjs(\/|$)/.test(from) && isValue).map(() => `src/${path} uses rxjs as a value`),
      ),
    ).toEqual([])
  })
  test('makes a Subject only where a stream enters by hand', () => {
    expect(
      found((file) => {
        const places: string[] = []
        if (file.path in subjects || worldly.has(file.folder)) return places
        walk(file.tree, (node) => {
          if (ts.isNewExpression(node) && /^(Behavior|Replay|Async)?Subject$/.test(node.expression.getText(file.tree)))
            places.push(placeOf(file, node))
        })
        return places
      }),
    ).toEqual([])
  })
  test('gives every timed operator its scheduler', () => {
    expect(
      found((file) => {
        const places: string[] = []
        const names = new Set(
          file.imports.filter(({ from }) => from === 'rxjs').flatMap(({ values }) => values.filter((value) => timed.has(value))),
        )
        if (real.has(file.folder)) return places
        walk(file.tree, (node) => {
          if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || !names.has(node.expression.text)) return
          if (!node.arguments.some((argument) => /scheduler/i.test(argument.getText(file.tree))))
            places.push(`${placeOf(file, node)} ${node.getText(file.tree)}`)
        })
        return places
      }),
    ).toEqual([])
  })
  test('has no Node, no Promise, no real clock and no luck of its own outside platform, cli and interop', () => {
    expect(
      found((file) => {
        if (real.has(file.folder)) return []
        const places = file.imports.filter(({ from }) => from.startsWith('node:')).map(({ from }) => `src/${file.path} imports ${from}`)
        walk(file.tree, (node) => {
          if (!ts.isIdentifier(node)) return
          const owner =
            ts.isPropertyAccessExpression(node.parent) && node.parent.name === node ? node.parent.expression.getText(file.tree) : undefined
          const said = owner === undefined ? node.text : `${owner}.${node.text}`
          const isName =
            (ts.isPropertySignature(node.parent) || ts.isPropertyAssignment(node.parent) || ts.isParameter(node.parent)) &&
            node.parent.name === node
          if (isName) return
          if (said === 'Date.now' || said === 'Math.random' || (owner === undefined && clocks.has(said) && !settling.has(file.path)))
            places.push(`${placeOf(file, node)} ${said}`)
          if (owner === undefined && said === 'Promise' && !settling.has(file.path)) places.push(`${placeOf(file, node)} Promise`)
          if (said === 'Date' && owner === undefined && ts.isNewExpression(node.parent) && (node.parent.arguments?.length ?? 0) === 0)
            places.push(`${placeOf(file, node)} new Date()`)
        })
        return places
      }),
    ).toEqual([])
  })
})
