/** What the compiler does not see: types used carelessly, streams left open, clocks and luck taken from the platform. */
import rxjsX from 'eslint-plugin-rxjs-x'
import tseslint from 'typescript-eslint'

const worldly = ['src/platform/**', 'src/cli/**', 'src/interop/**', 'test/**', 'marble-tests/**']
const clocks = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'fetch', 'crypto', 'process']

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'coverage', '.cache', 'test/docs/.cache', 'test/interop/target'] },
  ...tseslint.configs.strictTypeChecked,
  rxjsX.configs.recommended,
  {
    languageOptions: { parserOptions: { project: './test/tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true, allowNullish: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      'rxjs-x/no-exposed-subjects': 'off',
      'rxjs-x/prefer-observer': 'off',
      'rxjs-x/throw-error': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: worldly,
    rules: {
      'no-restricted-globals': ['error', ...clocks],
      'no-restricted-syntax': [
        'error',
        { selector: "MemberExpression[object.name='Date'][property.name='now']", message: 'Time arrives with the event, or from env.' },
        { selector: "MemberExpression[object.name='Math'][property.name='random']", message: 'Luck arrives with the event, or from env.' },
      ],
    },
  },
)
