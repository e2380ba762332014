import { bundle } from './harness/bundle.mjs';

export default {
  rootDir: '..',
  // Three times the cores of a small machine: the tests wait for a network as much as they work.
  maxWorkers: 6,
  // Each file that loads n8n's parts leaves Jest's worker larger, up to more than a gigabyte. Nothing of a test is open at the
  // end, but to clear away so much takes a process longer than the half second after which Jest says that it failed to exit.
  workerIdleMemoryLimit: '1GB',
  testMatch: ['<rootDir>/test/{fast,docs}/**/*.test.mts'],
  // Bounds what hangs, however busy the machine: the start of n8n's parts alone may take longer than Jest's 5 s.
  testTimeout: 180_000,
  // What many suites load.
  moduleNameMapper: bundle([
    ['n8n-workflow'],
    ['axios'],
    ['n8n-core', 'n8n-core/dist/data-deduplication-service', '@n8n/di'],
    ['fastify', '@fastify/multipart'],
    ['ajv', 'ajv/dist/2020', 'ajv-formats'],
    ['yaml'],
    ['content-disposition'],
    ['marked'],
  ]),
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
