import { filesIn } from '../harness/project.mts';

/** The pages that people read, in Markdown. */
export const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'examples/README.md', ...filesIn('docs').filter((file) => file.endsWith('.md'))];
