import { bundle } from './harness/bundle.mjs';

export default {
  rootDir: '..',
  // Both cores of a small machine: the tests wait for the network as much as they work.
  maxWorkers: 2,
  // Each file that loads n8n's parts leaves Jest's worker larger, up to more than a gigabyte. Nothing of a test is open at the
  // end, but to clear away so much takes a process longer than the half second after which Jest says that it failed to exit.
  workerIdleMemoryLimit: '500MB',
  testMatch: ['<rootDir>/test/{fast,docs}/**/*.test.mts'],
  // Bounds what hangs, however busy the machine: the start of n8n's parts alone may take longer than Jest's 5 s.
  testTimeout: 180_000,
  // What many suites load.
  moduleNameMapper: bundle(['n8n-core', 'n8n-core/dist/data-deduplication-service', 'n8n-workflow', '@n8n/di', 'axios', 'content-disposition', 'fastify', '@fastify/multipart', 'ajv', 'ajv/dist/2020', 'ajv-formats', 'yaml']),
  moduleFileExtensions: ['mts', 'ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  transform: {
    '\\.m?ts$': ['@swc/jest', { module: { type: 'commonjs' }, jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, sourceMaps: 'inline' }],
  },
  // With `--coverage`, as CI asks for it. No report as web pages: the official lint would look at their scripts.
  coverageProvider: 'v8',
  collectCoverageFrom: ['nodes/**/*.ts', 'credentials/**/*.ts'],
  coverageReporters: ['text-summary'],
  coverageThreshold: { global: { lines: 95 } },
};
