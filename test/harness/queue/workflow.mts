/** Builds parts of a workflow. */
import { randomUUID } from 'node:crypto';
import type { IDataObject, INode } from 'n8n-workflow';

export function nodeOf(name: string, type: string, typeVersion: number, parameters: IDataObject, more: Partial<INode> = {}): INode {
	return { id: randomUUID(), name, type, typeVersion, position: [0, 0], parameters: parameters as INode['parameters'], ...more };
}

/** Connects a node's only output to other nodes. */
export function into(...nodes: string[]) {
	return { main: [nodes.map((node) => ({ node, type: 'main' as const, index: 0 }))] };
}
