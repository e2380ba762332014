export function step<T>(title: string, work: (tell: (detail: string) => void) => Promise<T> | T): Promise<T>;
export function elapsed(since: number): string;
