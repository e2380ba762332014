/** The parts of a workflow. */
import { randomUUID } from 'node:crypto';
import type { IDataObject, INode } from 'n8n-workflow';

export function nodeOf(name: string, type: string, typeVersion: number, parameters: IDataObject, more: Partial<INode> = {}): INode {
	return { id: randomUUID(), name, type, typeVersion, position: [0, 0], parameters: parameters as INode['parameters'], ...more };
}

/** What a node's only output is connected with. */
export function into(...nodes: string[]) {
	return { main: [nodes.map((node) => ({ node, type: 'main' as const, index: 0 }))] };
}
