/** What a file looks like: its first line, its exports, its classes; long files and functions are printed. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { placeOf, root, sources, walk, type SourceFile } from './source.ts'

const classes = new Set(['Secret', 'Table', 'Cell'])
const longFileLines = 250
const longFunctionLines = 50

const all = sources()
const found = (rule: (file: SourceFile) => readonly string[]) => all.flatMap(rule)
const linesOf = (file: SourceFile, node: ts.Node) => {
  const line = (position: number) => file.tree.getLineAndCharacterOfPosition(position).line
  return line(node.end) - line(node.getStart(file.tree)) + 1
}

describe('a source file', () => {
  test('begins with one sentence that says what it is', () => {
    expect(
      found(({ path, text }) =>
        /^(#!.*\n)?\/\*\* .+[.:)] \*\/\n/.test(text) ? [] : [`src/${path}: ${text.slice(0, text.indexOf('\n'))}`],
      ),
    ).toEqual([])
  })
  test('has no default export and re-exports nothing wholesale', () => {
    expect(
      found((file) =>
        file.tree.statements.flatMap((statement) => {
          const isDefault =
            ts.isExportAssignment(statement) ||
            (ts.canHaveModifiers(statement) && (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword))
          const isStar =
            ts.isExportDeclaration(statement) && (statement.exportClause === undefined || ts.isNamespaceExport(statement.exportClause))
          return isDefault || isStar ? [placeOf(file, statement)] : []
        }),
      ),
    ).toEqual([])
  })
  test('has no class but errors, Secret and Table', () => {
    expect(
      found((file) => {
        const places: string[] = []
        walk(file.tree, (node) => {
          if (!ts.isClassLike(node)) return
          const isError =
            node.heritageClauses?.some((clause) => /Error$/.test(clause.types[0]?.expression.getText(file.tree) ?? '')) ?? false
          if (!isError && !classes.has(node.name?.text ?? '')) places.push(`${placeOf(file, node)} ${node.name?.text ?? 'a class'}`)
        })
        return places
      }),
    ).toEqual([])
  })
  test('names nothing Manager, Service, Helper or utils', () => {
    expect(
      found((file) => {
        const places = /(manager|service|helper|utils?)\.ts$/i.test(file.name) ? [`src/${file.path}`] : []
        for (const statement of file.tree.statements) {
          const names = ts.isVariableStatement(statement)
            ? statement.declarationList.declarations.map(({ name }) => name.getText(file.tree))
            : (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement) || ts.isFunctionDeclaration(statement)) &&
                statement.name !== undefined
              ? [statement.name.text]
              : []
          for (const name of names) if (/(Manager|Service|Helper|Utils?)$/.test(name)) places.push(`${placeOf(file, statement)} ${name}`)
        }
        return places
      }),
    ).toEqual([])
  })
  test('that is long, and functions that are, are printed', () => {
    const long = found((file) => {
      const lines = file.text.split('\n').length - 1
      const places = lines > longFileLines ? [`src/${file.path} has ${lines} lines`] : []
      walk(file.tree, (node) => {
        if (
          (ts.isArrowFunction(node) || ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) &&
          linesOf(file, node) > longFunctionLines
        )
          places.push(`${placeOf(file, node)} has a function of ${linesOf(file, node)} lines`)
      })
      return places
    })
    if (long.length > 0) console.info(`long:\n${long.join('\n')}`)
  })
})

describe('a machine', () => {
  test('goes through the laws: each one exported is in a test that calls them', () => {
    const laws = testFiles(join(root, 'test'))
      .map((path) => readFileSync(path, 'utf8'))
      .filter((text) => /\blaws\(/.test(text))
      .join('\n')
    expect(
      found((file) =>
        file.folder === 'core' || file.folder === 'testing'
          ? []
          : machinesOf(file)
              .filter((name) => !new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from '[./]*/src/${file.path}'`).test(laws))
              .map((name) => `${name} of src/${file.path} goes through no laws`),
      ),
    ).toEqual([])
  })
})

const testFiles = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? testFiles(join(folder, entry.name)) : entry.name.endsWith('.test.ts') ? [join(folder, entry.name)] : [],
  )

/** Exported functions that answer a machine, and machines. */
const machinesOf = ({ tree }: SourceFile): readonly string[] =>
  tree.statements.flatMap((statement) => {
    if (!ts.isVariableStatement(statement) || !(statement.modifiers ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
      return []
    return statement.declarationList.declarations.flatMap(({ name, type, initializer }) => {
      const answer = initializer !== undefined && ts.isArrowFunction(initializer) ? initializer.type : type
      return answer !== undefined && /^Machine</.test(answer.getText(tree)) ? [name.getText(tree)] : []
    })
  })
