import { filesIn } from '../harness/project.mts';

/** All Markdown pages for readers. */
export const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'examples/README.md', ...filesIn('docs').filter((file) => file.endsWith('.md'))];
