/** The source files, parsed, for the rules of the house. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const root: string = fileURLToPath(new URL('../../', import.meta.url))

export interface SourceFile {
  /** From `src/` on, such as `core/run.ts`. */
  readonly path: string
  readonly folder: string
  readonly name: string
  readonly text: string
  readonly tree: ts.SourceFile
  readonly imports: readonly Import[]
}
export interface Import {
  readonly from: string
  /** Resolved, for our own files. */
  readonly path: string | undefined
  /** Some name is used as a value. */
  readonly isValue: boolean
  /** The names as imported, values only. */
  readonly values: readonly string[]
}

const files = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? files(path) : path.endsWith('.ts') ? [path] : []
  })

/** Every file below a folder of the project, parsed. */
export const sources = (below = 'src'): readonly SourceFile[] =>
  files(join(root, below)).map((file) => {
    const path = relative(join(root, below), file).replaceAll('\\', '/')
    const text = readFileSync(file, 'utf8')
    const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)
    return {
      path,
      folder: path.includes('/') ? path.slice(0, path.indexOf('/')) : '',
      name: path.slice(path.lastIndexOf('/') + 1),
      text,
      tree,
      imports: importsOf(tree, path),
    }
  })

const importsOf = (tree: ts.SourceFile, path: string): readonly Import[] =>
  tree.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return []
    if (statement.moduleSpecifier === undefined || !ts.isStringLiteral(statement.moduleSpecifier)) return []
    const from = statement.moduleSpecifier.text
    const values = ts.isImportDeclaration(statement) ? importedValues(statement) : exportedValues(statement)
    return [
      { from, path: from.startsWith('.') ? join(path, '..', from).replaceAll('\\', '/') : undefined, isValue: values.length > 0, values },
    ]
  })
const importedValues = ({ importClause: clause }: ts.ImportDeclaration): readonly string[] => {
  if (clause === undefined) return ['*']
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return []
  const named = clause.namedBindings
  const list =
    named === undefined
      ? []
      : ts.isNamespaceImport(named)
        ? ['*']
        : named.elements.filter(({ isTypeOnly }) => !isTypeOnly).map(({ name, propertyName }) => (propertyName ?? name).text)
  return clause.name === undefined ? list : ['default', ...list]
}
const exportedValues = ({ isTypeOnly, exportClause }: ts.ExportDeclaration): readonly string[] => {
  if (isTypeOnly) return []
  if (exportClause === undefined || ts.isNamespaceExport(exportClause)) return ['*']
  return exportClause.elements.filter((element) => !element.isTypeOnly).map(({ name }) => name.text)
}

/** Every node of a tree. */
export const walk = (node: ts.Node, visit: (node: ts.Node) => void): void => {
  visit(node)
  ts.forEachChild(node, (child) => walk(child, visit))
}

/** `path:line` of a node. */
export const placeOf = ({ path, tree }: SourceFile, node: ts.Node): string =>
  `src/${path}:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`
