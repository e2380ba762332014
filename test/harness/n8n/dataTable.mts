/** Reads and edits n8n's data tables. */
import type { IDataObject } from 'n8n-workflow';
import type { N8nRest } from './rest.mts';

type Page<T> = { count: number; data: T[] };

/** The rows of a data table, without n8n's own columns. Empty if the table doesn't exist. */
export async function rowsOf(rest: N8nRest, tableName: string): Promise<IDataObject[]> {
	const table = await findTable(rest, tableName);
	if (!table) return [];
	const { data } = await rest.rest<Page<IDataObject>>('get', `${table}/rows`, undefined, { take: 250 });
	return data.map(({ id: _, createdAt: __, updatedAt: ___, ...columns }) => columns);
}

/** Creates a data table, as a user does in the editor. @returns its ID */
export async function createTable(rest: N8nRest, name: string, columns: Array<{ name: string; type: string }>): Promise<string> {
	const { id: projectId } = await rest.rest<{ id: string }>('get', '/projects/personal');
	const { id } = await rest.rest<{ id: string }>('post', `/projects/${projectId}/data-tables`, { name, columns });
	return id;
}

/** Changes the rows in which a column has this value, as a user does in the editor. */
export async function editRows(rest: N8nRest, tableName: string, [columnName, value]: [string, string], data: IDataObject): Promise<void> {
	const table = await findTable(rest, tableName);
	const filter = { type: 'and', filters: [{ columnName, condition: 'eq', value }] };
	await rest.rest('patch', `${table}/rows`, { filter, data });
}

/** Adds rows, as a user does in the editor. */
export async function addRows(rest: N8nRest, tableName: string, data: IDataObject[]): Promise<void> {
	const table = await findTable(rest, tableName);
	await rest.rest('post', `${table}/insert`, { data, returnType: 'count' });
}

/** The path of a table in n8n's REST interface. */
async function findTable(rest: N8nRest, tableName: string): Promise<string | undefined> {
	const { id: projectId } = await rest.rest<{ id: string }>('get', '/projects/personal');
	const tables = `/projects/${projectId}/data-tables`;
	const found = await rest.rest<Page<{ id: string; name: string }>>('get', tables, undefined, { filter: JSON.stringify({ name: tableName }) });
	const table = found.data.find(({ name }) => name === tableName);
	return table && `${tables}/${table.id}`;
}
