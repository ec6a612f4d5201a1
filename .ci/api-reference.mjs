// Writes the reference of the library from its docstrings (`npm run docs:api`: docs/api, as Markdown), and says what is
// wrong with it: what has no docstring, a link to nowhere, an exported type that names one that is not exported.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Application, LogLevel, ReflectionKind } from 'typedoc';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const DOCUMENTED =
  ReflectionKind.SomeExport |
  ReflectionKind.SomeMember |
  ReflectionKind.SomeSignature |
  ReflectionKind.Module |
  ReflectionKind.EnumMember;

/**
 * A row of a table: the table says what its columns are. A member of a shape within a signature or member: whoever has
 * the shape says what is in it.
 */
function isPart(reflection) {
  for (let { parent } = reflection; parent; parent = parent.parent) {
    if (parent.kindOf(ReflectionKind.TypeLiteral)) continue;
    const says =
      ReflectionKind.Variable |
      ReflectionKind.SomeSignature |
      ReflectionKind.Parameter |
      ReflectionKind.Property;
    return parent.kindOf(says) && reflection.parent.kindOf(ReflectionKind.TypeLiteral);
  }
  return false;
}

/** Its type says it all, as in `event: 'message'`. */
const isLiteral = ({ type }) =>
  type?.type === 'literal' || (type?.type === 'union' && type.types.every((one) => one.type === 'literal'));

/** A member that has no place of its own in the sources. */
function isComputed(project, reflection) {
  const place = (one) => JSON.stringify(project.getSymbolIdFromReflection(one)?.pos);
  const siblings = reflection.parent?.children ?? [];
  return siblings.some((one) => one !== reflection && place(one) === place(reflection));
}

function needsDocstring(project, reflection) {
  const { parent } = reflection;
  // Of what is exported twice, the other one.
  if (reflection.kindOf(ReflectionKind.Reference)) return false;
  // A type that is computed, as that of a PDU from its command: its name is the specification's.
  if (isComputed(project, reflection)) return false;
  // Of a function or accessor its signature is documented, of a type literal its members.
  const byItsMembers = ReflectionKind.FunctionOrMethod | ReflectionKind.Constructor | ReflectionKind.Accessor;
  // What is made is said by the class and by the options; that an object may have other members, by its own docstring.
  const byItsOwner = ReflectionKind.ConstructorSignature | ReflectionKind.IndexSignature;
  if (
    !reflection.kindOf(DOCUMENTED) ||
    reflection.kindOf(byItsMembers | byItsOwner | ReflectionKind.TypeLiteral)
  )
    return false;
  if (parent.kindOf(ReflectionKind.TypeLiteral) && (isPart(reflection) || isLiteral(reflection)))
    return false;
  const isOfLiteral =
    reflection.kindOf(ReflectionKind.SomeSignature) && parent.kindOf(ReflectionKind.TypeLiteral);
  // Inherited from Error and the like.
  return !isOfLiteral && !(reflection.inheritedFrom && !reflection.inheritedFrom.reflection);
}

function undocumented(project) {
  const found = [];
  for (const reflection of Object.values(project.reflections)) {
    if (!needsDocstring(project, reflection)) continue;
    if (reflection.hasComment() || reflection.type?.declaration?.signatures?.some((one) => one.hasComment()))
      continue;
    const source = sourceOf(project, reflection);
    found.push({ name: reflection.getFullName(), source });
  }
  return found;
}

function sourceOf(project, reflection) {
  for (let one = reflection; one; one = one.parent) {
    const id = project.getSymbolIdFromReflection(one);
    if (id?.fileName) return `${id.fileName.replace(`${root}/`, '')}@${id.pos}`;
  }
  return '';
}

/** What the package exports, as sources. */
function faces() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.values(exports)
    .map(({ types }) => types)
    .filter((types) => types !== undefined)
    .map((types) => join(root, types.replace(/^\.\/dist\//, '').replace(/\.d\.ts$/, '.ts')));
}

/**
 * @param out where the pages are written; undefined: nowhere
 * @returns every problem, one line each
 */
export async function makeReference(out) {
  const app = await Application.bootstrapWithPlugins({
    options: join(root, 'typedoc.json'),
    entryPoints: faces(),
    logLevel: 'Warn',
  });
  const problems = [];
  app.logger = Object.assign(app.logger, {
    log(message, level) {
      if (level >= LogLevel.Warn) problems.push(message);
    },
  });
  const project = await app.convert();
  if (!project) return problems.length > 0 ? problems : ['the sources do not compile'];
  app.validate(project);
  for (const { name, source } of undocumented(project)) problems.push(`${name} has no docstring (${source})`);
  if (out !== undefined) {
    app.options.setValue('out', out);
    await app.generateOutputs(project);
  }
  return problems;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const problems = await makeReference(process.argv[2] ?? join(root, 'docs', 'api'));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}
