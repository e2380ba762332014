import n8n from '../n8n/jest.config.mjs';

/** The tests of n8n's editor in a browser. All of them share one n8n. */
export default { ...n8n, testMatch: ['<rootDir>/test/real/browser/**/*.test.mts'] };
