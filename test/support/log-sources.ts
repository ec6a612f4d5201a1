import { resolve } from 'node:path';
import ts from 'typescript';
import { LEVELS, type Level } from '../../src/observability/catalogue';

const ROOT = resolve(__dirname, '../..');

/** A place in the sources where a line is written, or made. */
export interface WrittenLine {
  /** `src/session/core.ts:61`. */
  readonly place: string;
  readonly event: string;
  readonly stage: string;
  /** At which it is written; none where it is only made. */
  readonly levels: readonly Level[];
  readonly fields: readonly string[];
}

interface Found {
  readonly lines: readonly WrittenLine[];
  /** Log calls whose event or stage the compiler does not know. */
  readonly unknown: readonly string[];
}

/** Every line that the sources write, as the compiler sees it: log calls, and what `satisfies LogLine`. */
export function linesOfSources(): Found {
  const config = ts.getParsedCommandLineOfConfigFile(resolve(ROOT, 'tsconfig.json'), undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
      throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
    },
  });
  if (!config) throw new Error('no tsconfig.json');
  const program = ts.createProgram(config.fileNames, { ...config.options, noEmit: true, incremental: false });
  const checker = program.getTypeChecker();
  const lines: WrittenLine[] = [];
  const unknown: string[] = [];
  for (const source of program.getSourceFiles()) {
    const name = source.fileName.slice(ROOT.length + 1);
    if (source.isDeclarationFile || !/^(src|nodes)\//.test(name)) continue;
    const take = (node: ts.Expression, levels: readonly Level[]): void => {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      const found = readLine(checker, node, levels, `${name}:${line + 1}`);
      if (found.length === 0) unknown.push(`${name}:${line + 1} ${node.getText()}`);
      lines.push(...found);
    };
    const visit = (node: ts.Node): void => {
      if (ts.isSatisfiesExpression(node) && node.type.getText() === 'LogLine') take(node.expression, []);
      const call = isPassedOn(name) ? undefined : logCall(checker, node);
      if (call) take(call.facts, call.levels);
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return { lines, unknown };
}

/** These pass lines on, whatever they are. */
const isPassedOn = (name: string): boolean =>
  /^src\/observability\/(levels|log|repeats|gate|flight-recorder)\.ts$/.test(name);

function logCall(
  checker: ts.TypeChecker,
  node: ts.Node,
): { facts: ts.Expression; levels: Level[] } | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const { expression, arguments: given } = node;
  const isMember = ts.isPropertyAccessExpression(expression) || ts.isElementAccessExpression(expression);
  if (!isMember || !checker.getTypeAtLocation(expression.expression).getProperty('isLevelEnabled'))
    return undefined;
  const names = ts.isPropertyAccessExpression(expression)
    ? [expression.name.text]
    : literals(checker.getTypeAtLocation(expression.argumentExpression));
  const levels = names.filter((name): name is Level => Object.hasOwn(LEVELS, name));
  const [first] = given;
  if (levels.length === 0 || !first) return undefined;
  // log.trace(...pduLine()): what makes the line says what it is.
  return ts.isSpreadElement(first) ? undefined : { facts: first, levels };
}

/** One for each combination of event and stage that it may have. */
function readLine(
  checker: ts.TypeChecker,
  node: ts.Expression,
  levels: readonly Level[],
  place: string,
): WrittenLine[] {
  const types = unionOf(checker.getTypeAtLocation(node));
  return types.flatMap((type) => {
    const valuesOf = (name: string): string[] => {
      const property = type.getProperty(name);
      return property ? literals(checker.getTypeOfSymbolAtLocation(property, node)) : [];
    };
    const fields = type
      .getProperties()
      .map(({ name }) => name)
      .filter((name) => name !== 'event' && name !== 'stage');
    const stages = valuesOf('stage');
    return valuesOf('event').flatMap((event) =>
      stages.map((stage) => ({ place, event, stage, levels, fields })),
    );
  });
}

const unionOf = (type: ts.Type): readonly ts.Type[] => (type.isUnion() ? type.types : [type]);

function literals(type: ts.Type): string[] {
  return unionOf(type).flatMap((one) => (one.isStringLiteral() ? [one.value] : []));
}
