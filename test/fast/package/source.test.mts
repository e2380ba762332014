import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { PROJECT, sourceFiles } from '../../harness/project.mts';

interface Import {
	/** The module name in the import, or the file of this project that it resolves to. */
	from: string;
	typesOnly: boolean;
}

interface Source {
	file: string;
	tree: ts.SourceFile;
	imports: Import[];
}

const sources: Source[] = sourceFiles()
	.filter((file) => file.endsWith('.ts'))
	.map((file) => {
		const text = readFileSync(path.join(PROJECT, file), 'utf8');
		const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
		return { file, tree, imports: tree.statements.flatMap((statement) => toImport(statement, file)) };
	});

function toImport(statement: ts.Statement, file: string): Import[] {
	if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
	const { moduleSpecifier } = statement;
	if (!moduleSpecifier || !ts.isStringLiteral(moduleSpecifier)) return [];
	const from = moduleSpecifier.text.startsWith('.')
		? resolve(path.posix.join(path.posix.dirname(file), moduleSpecifier.text))
		: moduleSpecifier.text;
	return [{ from, typesOnly: ts.isImportDeclaration(statement) ? onlyTypes(statement.importClause) : statement.isTypeOnly }];
}

function resolve(name: string): string {
	const names = new Set(sourceFiles());
	return [`${name}.ts`, `${name}/index.ts`].find((candidate) => names.has(candidate)) ?? name;
}

function onlyTypes(clause: ts.ImportClause | undefined): boolean {
	if (!clause) return false;
	if (clause.isTypeOnly) return true;
	const { namedBindings } = clause;
	return !clause.name && !!namedBindings && ts.isNamedImports(namedBindings) && namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly);
}

const NODE_FOLDER = 'nodes/ModicaWhatsApp';

/** The folders, and the folders that each may import from. */
const MAY_IMPORT: Record<string, string[]> = {
	credentials: ['api', 'parameters'],
	node: ['n8n', 'operations', 'callback', 'parameters'],
	n8n: ['n8n', 'operations', 'callback', 'api', 'parameters'],
	operations: ['operations', 'api', 'parameters'],
	callback: ['callback', 'api', 'parameters'],
	api: ['api', 'parameters', 'bundled'],
	bundled: [],
	parameters: ['parameters', 'bundled'],
};

function partOf(file: string): string {
	if (file.startsWith('credentials/')) return 'credentials';
	const [first = '', ...below] = path.posix.relative(NODE_FOLDER, file).split('/');
	return below.length > 0 ? first : first.replace(/^.*\.node\.ts$/, 'node').replace(/\.ts$/, '');
}

/** The node files and the folder that adapts n8n are the only code that uses n8n at runtime. */
function mayUseN8n(file: string): boolean {
	return ['node', 'n8n'].includes(partOf(file));
}

describe('imports', () => {
	it.each(sources)('of $file point one way: node files → n8n → operations and callback → api → parameters', ({ file, imports }) => {
		const part = partOf(file);
		expect(Object.keys(MAY_IMPORT)).toContain(part);
		const wrong = imports
			.filter(({ from }) => from.startsWith('nodes/') || from.startsWith('credentials/'))
			.filter(({ from }) => !MAY_IMPORT[part]?.includes(partOf(from)));
		expect(wrong).toEqual([]);
	});

	it.each(sources.filter(({ file }) => !mayUseN8n(file)))('of $file from n8n are types only', ({ imports }) => {
		expect(imports.filter(({ from, typesOnly }) => from === 'n8n-workflow' && !typesOnly)).toEqual([]);
	});

	it('from outside the package are n8n-workflow and the crypto module of Node.js only, unless bundled', () => {
		const unbundled = sources.filter(({ file }) => partOf(file) !== 'bundled');
		const outside = unbundled.flatMap(({ imports }) => imports.map(({ from }) => from).filter((from) => !/^(nodes|credentials)\//.test(from)));
		const allowed = ['n8n-workflow', 'crypto', 'node:crypto'];
		expect([...new Set(outside)].filter((name) => !allowed.includes(name))).toEqual([]);
		expect(outside).toContain('n8n-workflow');
	});

	it('have no cycles, including type imports', () => {
		const importsOf = new Map(sources.map(({ file, imports }) => [file, imports]));
		const circles: string[] = [];
		const done = new Set<string>();
		const follow = (file: string, way: string[]) => {
			if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' → '));
			if (way.includes(file) || done.has(file)) return;
			for (const { from } of importsOf.get(file) ?? []) follow(from, [...way, file]);
			done.add(file);
		};
		for (const { file } of sources) follow(file, []);
		expect(circles).toEqual([]);
	});
});

describe('the sources', () => {
	it.each(sources)('are indented with tabs, as the build requires: $file', ({ tree }) => {
		expect(tree.text).not.toMatch(/^ {4}/m);
	});

	it.each(sources)('contain no any, and no directives that disable the compiler or the linter: $file', ({ tree }) => {
		const places: string[] = [];
		const look = (node: ts.Node) => {
			if (node.kind === ts.SyntaxKind.AnyKeyword) {
				places.push(`any in line ${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`);
			}
			ts.forEachChild(node, look);
		};
		look(tree);
		places.push(...(tree.text.match(/@ts-(ignore|nocheck|expect-error)|eslint-disable[\w-]*/g) ?? []));
		expect(places).toEqual([]);
	});
});
