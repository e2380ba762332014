export default {
  rootDir: '..',
  testMatch: ['<rootDir>/test/**/*.test.mts'],
  // Those take a real n8n: `npm run test:n8n`.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/n8n/'],
  moduleFileExtensions: ['mts', 'ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  transform: {
    '\\.m?ts$': ['@swc/jest', { module: { type: 'commonjs' }, jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, sourceMaps: 'inline' }],
  },
};
