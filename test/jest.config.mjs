import { bundle } from './harness/bundle.mjs';

export default {
  rootDir: '..',
  // Three times the cores of a small machine, because the tests often wait for network I/O.
  maxWorkers: 6,
  // Each suite that loads n8n's code increases the worker's memory, up to more than 1 GB. Freeing this memory at the end takes
  // longer than the half second after which Jest reports that a worker failed to exit, although no handles are open.
  workerIdleMemoryLimit: '1GB',
  testMatch: ['<rootDir>/test/{fast,docs}/**/*.test.mts'],
  testSequencer: '<rootDir>/test/harness/sequencer.mjs',
  // Limits tests that hang. On a busy machine, loading n8n's code alone can take longer than Jest's default of 5 s.
  testTimeout: 180_000,
  // Packages that many suites load.
  moduleNameMapper: await bundle([
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
  // For `--coverage`, which CI uses. Without an HTML report, because n8n's official linter would check its scripts.
  coverageProvider: 'v8',
  collectCoverageFrom: ['nodes/**/*.ts', 'credentials/**/*.ts'],
  coverageReporters: ['text-summary'],
  coverageThreshold: { global: { lines: 95 } },
};
