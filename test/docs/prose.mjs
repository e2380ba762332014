/**
 * Prints, as JSON, the problems that textlint finds in the given pages and workflows: `node prose.mjs FILE…`.
 */
import process from 'node:process';
import { TextlintKernel } from '@textlint/kernel';
import markdown from '@textlint/textlint-plugin-markdown';
import terminology from 'textlint-rule-terminology';
import writeGood from 'textlint-rule-write-good';
import { readPage } from './page.mjs';
import { TERMS } from './vocabulary.mjs';

/** The rules are CommonJS modules. */
const ruleOf = (module) => module.default ?? module;

const options = {
	ext: '.md',
	plugins: [{ pluginId: 'markdown', plugin: ruleOf(markdown) }],
	rules: [
		{ ruleId: 'terminology', rule: ruleOf(terminology), options: { terms: TERMS } },
		// Without `weasel`: it rejects words such as `only` and `many`, which are exact here.
		{ ruleId: 'write-good', rule: ruleOf(writeGood), options: { passive: false, weasel: false, adverb: false } },
	],
};

/** Values in messages, such as 'json' or image/png: code without backticks. As long as before, so that the columns stay the same. */
const VALUES = /(?<!\w)'[^\s'|]+'(?!\w)|(?<![\w`])(?:audio|image|text|video|application)\/[\w*-]+/g;
const withCode = (page) => page.replace(VALUES, (value) => `\`${value.slice(1, -1)}\``);

const kernel = new TextlintKernel();
const problems = [];
for (const file of process.argv.slice(2)) {
	const { messages } = await kernel.lintText(withCode(readPage(file)), { ...options, filePath: file });
	problems.push(...messages.map(({ line, column, message }) => `${file}:${line}:${column} ${message}`));
}
console.log(JSON.stringify(problems));
