/** Splits the contract into the items that a test can cover. */
import type { Contract, JsonObject, Operation } from './contract.mts';

/** One item of the reference. */
export interface ContractItem {
	/** The section: an endpoint such as `POST /messages`, the name of a callback, or a shared section. */
	section: string;
	/** For example `template.name`, `type = text`, `id in the query`, `202 status`, `401 example message`. */
	what: string;
}

/** One example of a response. */
export interface AnswerExample {
	section: string;
	operationId: string;
	/** The key in the contract: `401` or `4XX`. */
	range: string;
	/** The status of the response. */
	status: number;
	name: string;
	value: unknown;
}

export const AUTHENTICATION = 'Authentication';
export const RESPONSE_HEADERS = 'Response headers';
export const ERROR_BODY = 'Error body';

interface Section {
	section: string;
	operation: Operation;
}

interface Body {
	content?: Record<string, { schema?: JsonObject; examples?: Record<string, { value: unknown }>; encoding?: Record<string, { contentType: string }> }>;
	headers?: JsonObject;
}

/** The seven endpoints. */
export const endpointsOf = ({ document }: Contract): Section[] =>
	Object.entries(document.paths).flatMap(([path, methods]) =>
		Object.entries(methods).map(([method, operation]) => ({ section: `${method.toUpperCase()} ${path}`, operation })),
	);

/** The two callbacks. */
export const callbacksOf = ({ document }: Contract): Section[] =>
	Object.entries(document.webhooks).flatMap(([section, methods]) => Object.values(methods).map((operation) => ({ section, operation })));

/** The examples of all responses, successes and errors. */
export const answerExamplesOf = (contract: Contract, sections: readonly Section[]): AnswerExample[] =>
	sections.flatMap(({ section, operation }) =>
		responsesOf(contract, operation).flatMap(([range, response]) =>
			examplesOf(response).map(([name, value]) => ({
				section,
				operationId: operation.operationId,
				range,
				status: range === '4XX' ? ((value as { statusCode?: number }).statusCode ?? 400) : Number(range),
				name,
				value,
			})),
		),
	);

/** All items of the contract, without duplicates. */
export function itemsOf(contract: Contract): ContractItem[] {
	const items = [
		...Object.keys(contract.document.components.securitySchemes ?? {}).map((what) => ({ section: AUTHENTICATION, what })),
		...[...endpointsOf(contract), ...callbacksOf(contract)].flatMap((section) => itemsOfOperation(contract, section)),
	];
	return [...new Map(items.map((item) => [`${item.section}\n${item.what}`, item])).values()];
}

function itemsOfOperation(contract: Contract, { section, operation }: Section): ContractItem[] {
	const here = (what: string): ContractItem => ({ section, what });
	const isCallback = section in contract.document.webhooks;
	const query = (operation.parameters ?? []).map((parameter) => (resolved(contract, parameter) as { name: string }).name);
	const request = (operation.requestBody ?? {}) as Body;
	return [
		here(isCallback ? 'the callback' : 'the request'),
		...query.map((name) => here(`${name} in the query`)),
		...fieldsOfBody(contract, request).map(here),
		// Requests to the API are covered field by field, callbacks from the API as a whole.
		...(isCallback ? examplesOf(request).map(([name]) => here(`example ${name}`)) : []),
		...responsesOf(contract, operation).flatMap(([range, response]) => itemsOfResponse(contract, section, range, response)),
	];
}

function itemsOfResponse(contract: Contract, section: string, range: string, response: Body): ContractItem[] {
	const here = (what: string): ContractItem => ({ section, what: `${range} ${what}`.trim() });
	const examples = examplesOf(response);
	const isSuccess = range.startsWith('2');
	return [
		...(examples.length > 0 ? examples.map(([name]) => here(`example ${name}`)) : [here('')]),
		// All errors have the same fields.
		...fieldsOfBody(contract, response).map((what) => (isSuccess ? here(what) : { section: ERROR_BODY, what })),
		...Object.keys(response.headers ?? {}).map((what) => ({ section: RESPONSE_HEADERS, what })),
	];
}

const examplesOf = ({ content }: Body): Array<[string, unknown]> =>
	Object.values(content ?? {}).flatMap(({ examples }) => Object.entries(examples ?? {}).map(([name, { value }]): [string, unknown] => [name, value]));

const responsesOf = (contract: Contract, { responses }: Operation): Array<[string, Body]> =>
	Object.entries(responses).map(([range, response]) => [range, resolved(contract, response) as Body]);

const fieldsOfBody = (contract: Contract, { content }: Body): string[] =>
	Object.values(content ?? {}).flatMap(({ schema, encoding }) => [
		...(schema ? fieldsOf(contract, schema, '') : []),
		...Object.entries(encoding ?? {}).flatMap(([field, { contentType }]) => contentType.split(/, */).map((type) => `${field} = ${type}`)),
	]);

/** The fields of a schema and their allowed values, in all variants. */
function fieldsOf(contract: Contract, node: unknown, path: string): string[] {
	const schema = resolved(contract, node);
	const { properties = {}, items, contentSchema, enum: values = [] } = schema as {
		properties?: JsonObject;
		items?: JsonObject;
		contentSchema?: JsonObject;
		enum?: unknown[];
	};
	const variants = [schema.allOf, schema.anyOf, schema.oneOf].flatMap((list) => (list ?? []) as JsonObject[]);
	return [
		...[...values, ...('const' in schema ? [schema.const] : [])].map((value) => `${path} = ${String(value)}`),
		...Object.entries(properties).flatMap(([name, property]) => {
			const field = path === '' ? name : `${path}.${name}`;
			return [field, ...fieldsOf(contract, property, field)];
		}),
		...(items ? fieldsOf(contract, items, `${path}[]`) : []),
		...(contentSchema ? fieldsOf(contract, contentSchema, path) : []),
		...variants.flatMap((variant) => fieldsOf(contract, variant, path)),
	];
}

const resolved = (contract: Contract, node: unknown): JsonObject => {
	const { $ref } = node as { $ref?: string };
	return $ref === undefined ? (node as JsonObject) : { ...(contract.resolve($ref) as JsonObject), ...(node as JsonObject) };
};
