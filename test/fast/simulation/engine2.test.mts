import { testPart } from './explored.mts';

describe('the sending engine', () => testPart(2));
