import n8n from '../n8n/jest.config.mjs';

/** The tests that look at n8n's editor in a browser: the same one n8n for all of them. */
export default { ...n8n, testMatch: ['<rootDir>/test/real/browser/**/*.test.mts'] };
