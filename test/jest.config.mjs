export default {
  rootDir: '..',
  testMatch: ['<rootDir>/test/**/*.test.mts'],
  moduleFileExtensions: ['mts', 'ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  transform: {
    '\\.m?ts$': ['@swc/jest', { module: { type: 'commonjs' }, jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, sourceMaps: 'inline' }],
  },
};
