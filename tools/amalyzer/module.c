// SPDX-License-Identifier: MIT
/*
 * module.c - the kernel as one module: bitcode, names, places in the source, fields of structures
 *
 * Every file of the kernel comes as bitcode, one function after the other just as it was written (no optimisation).  The files
 * of a service are linked first and keep only their port to the outside, as in the kernel itself; then all becomes one module.
 * Local variables and parts of structures whose address is not taken become values (sroa), which is all the optimisation that the
 * analysis wants.
 *
 * Names of fields come from the debug information: a structure of the compiler is matched with the one of the source that has its
 * name and size, a field with the member at its offset.
 */
#include "tools/amalyzer/amalyzer.h"
#include <llvm-c/DebugInfo.h>
#include <llvm-c/Error.h>
#include <llvm-c/IRReader.h>
#include <llvm-c/Linker.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <llvm/Config/llvm-config.h>
#include <stdarg.h>
#include <stdlib.h>

LLVMModuleRef module;
static LLVMContextRef context;
static LLVMTargetDataRef layout;

/* --- memory and text --- */

void *fresh(size_t bytes)
{
    void *p = calloc(1, bytes ? bytes : 1);
    if (!p)
        abort();
    return p;
}

char *text(const char *fmt, ...)
{
    va_list list;
    char *s;
    va_start(list, fmt);
    if (vasprintf(&s, fmt, list) < 0)
        abort();
    va_end(list);
    return s;
}

void vec_add(struct vec *v, void *item)
{
    if (!(v->count & (v->count - 1)))
        v->at = realloc(v->at, (v->count ? 2 * v->count : 1) * sizeof(void *));
    if (!v->at)
        abort();
    v->at[v->count++] = item;
}

bool vec_has(const struct vec *v, const void *item)
{
    for (int i = 0; i < v->count; i++)
        if (v->at[i] == item)
            return true;
    return false;
}

/* A map is an open hash table of pairs, of a power of two. */
static void **map_slot(const struct vec *map, const void *key)
{
    uint64_t h = ((uint64_t)key >> 4) * 0x9e3779b97f4a7c15ul >> 20;
    for (;; h++) {
        void **slot = &map->at[h % (map->count / 2) * 2];
        if (!slot[0] || slot[0] == key)
            return slot;
    }
}

void *map_get(const struct vec *map, const void *key)
{
    return map->count ? map_slot(map, key)[1] : NULL;
}

/* The last word of the array counts the pairs. */
void map_put(struct vec *map, const void *key, void *item)
{
    uint64_t used = map->count ? (uint64_t)map->at[map->count] : 0;
    if (used * 4 >= (uint64_t)map->count) {
        struct vec old = *map;
        map->count = old.count ? old.count * 2 : 256;
        map->at = fresh((map->count + 1) * sizeof(void *));
        for (int i = 0; i < old.count; i += 2)
            if (old.at[i])
                memcpy(map_slot(map, old.at[i]), &old.at[i], 2 * sizeof(void *));
    }
    void **slot = map_slot(map, key);
    used += !slot[0];
    slot[0] = (void *)key;
    slot[1] = item;
    map->at[map->count] = (void *)used;
}

/* --- reading --- */

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "amalyzer: %s: %s\n", what, why);
    exit(2);
}

static LLVMModuleRef read_file(const char *name)
{
    LLVMMemoryBufferRef buffer;
    LLVMModuleRef m = NULL;
    char *why = NULL;
    if (LLVMCreateMemoryBufferWithContentsOfFile(name, &buffer, &why) || LLVMParseIRInContext(context, buffer, &m, &why))
        fail(name, why);
    return m;
}

static void join(LLVMModuleRef *all, LLVMModuleRef m, const char *name)
{
    if (!*all)
        *all = m;
    else if (LLVMLinkModules2(*all, m))
        fail(name, "cannot be linked with the files before it");
}

static void make_local(LLVMValueRef v, const char *port)
{
    size_t length;
    if (!LLVMIsDeclaration(v) && strcmp(LLVMGetValueName2(v, &length), port) && LLVMGetLinkage(v) != LLVMAppendingLinkage)
        LLVMSetLinkage(v, LLVMInternalLinkage);
}

/* What `ld -r` and `objcopy --keep-global-symbol` do to a service. */
static void close_service(LLVMModuleRef m, const char *name)
{
    const char *port = text("%s_port", name);
    for (LLVMValueRef f = LLVMGetFirstFunction(m); f; f = LLVMGetNextFunction(f))
        make_local(f, port);
    for (LLVMValueRef g = LLVMGetFirstGlobal(m); g; g = LLVMGetNextGlobal(g))
        make_local(g, port);
}

static void learn_types(void);

/* Structures are told apart by what their pointers point to: without that the linker makes one of all that look alike.  LLVM 14 does
 * so by itself, 15 and 16 when they are asked; later ones cannot. */
static void keep_pointer_types(void)
{
    static const char *const words[] = {"amalyzer", "-opaque-pointers=0"};
    if (LLVM_VERSION_MAJOR > 14)
        LLVMParseCommandLineOptions(2, words, NULL);
}

void module_load(char **word, int count)
{
    LLVMModuleRef part = NULL;
    const char *service = NULL;
    keep_pointer_types();
    context = LLVMGetGlobalContext();
    for (int i = 0; i <= count; i++) {
        bool next = i == count || !strcmp(word[i], "--service");
        if (!next) {
            join(&part, read_file(word[i]), word[i]);
            continue;
        }
        if (part && service)
            close_service(part, service);
        if (part)
            join(&module, part, service ? service : "the core");
        part = NULL;
        service = i + 1 < count ? word[++i] : NULL;
    }
    if (!module)
        fail("no bitcode", "name the files of the kernel");
    LLVMErrorRef error = LLVMRunPasses(module, "function(sroa)", NULL, LLVMCreatePassBuilderOptions());
    if (error)
        fail("sroa", LLVMGetErrorMessage(error));
    layout = LLVMCreateTargetData(LLVMGetDataLayoutStr(module));
    learn_types();
}

/* --- names and places --- */

const char *name_of(LLVMValueRef v)
{
    size_t length;
    const char *name = LLVMGetValueName2(v, &length), *dot = strchr(name, '.');
    if (!dot || (!LLVMIsAFunction(v) && !LLVMIsAGlobalVariable(v)))
        return name;
    const char *last = strrchr(name, '.'); /* function-local static variables are called function.variable */
    bool number = strspn(last + 1, "0123456789") == strlen(last + 1);
    return number ? text("%.*s", (int)(last - name), name) : name;
}

const char *place_of(LLVMValueRef i)
{
    unsigned length;
    const char *file = LLVMGetDebugLocFilename(i, &length);
    unsigned line = LLVMGetDebugLocLine(i);
    return file && line ? text("%.*s:%u", (int)length, file, line) : "?";
}

const char *file_of(LLVMValueRef function)
{
    LLVMMetadataRef program = LLVMGetSubprogram(function), file = program ? LLVMDIScopeGetFile(program) : NULL;
    unsigned length;
    const char *name = file ? LLVMDIFileGetFilename(file, &length) : NULL;
    return name ? text("%.*s", (int)length, name) : "";
}

LLVMValueRef stripped(LLVMValueRef v)
{
    for (;;) {
        bool cast = LLVMIsABitCastInst(v) || LLVMIsAZExtInst(v) || LLVMIsAPtrToIntInst(v) || LLVMIsAIntToPtrInst(v) || LLVMIsAFreezeInst(v);
        if (!cast && !(LLVMIsAConstantExpr(v) && LLVMGetConstOpcode(v) == LLVMBitCast))
            return v;
        v = LLVMGetOperand(v, 0);
    }
}

bool is_address(LLVMValueRef v)
{
    return LLVMIsAGetElementPtrInst(v) || (LLVMIsAConstantExpr(v) && LLVMGetConstOpcode(v) == LLVMGetElementPtr);
}

LLVMValueRef called(LLVMValueRef call) { return stripped(LLVMGetCalledValue(call)); }

bool is_call(LLVMValueRef v) { return LLVMIsACallInst(v) && !LLVMIsAInlineAsm(LLVMGetCalledValue(v)); }

/* --- debug information --- */

struct known_type {
    const char *name;
    uint64_t bits;
    LLVMValueRef node;
};
static struct vec known_types, visited, matched;

static LLVMValueRef as_value(LLVMMetadataRef m) { return m ? LLVMMetadataAsValue(context, m) : NULL; }

static int operands(LLVMValueRef node, LLVMValueRef **out)
{
    if (!node || !LLVMIsAMDNode(node))
        return 0;
    int count = LLVMGetMDNodeNumOperands(node);
    *out = fresh(count * sizeof(LLVMValueRef));
    if (count)
        LLVMGetMDNodeOperands(node, *out);
    return count;
}

static const char *type_name(LLVMValueRef node)
{
    size_t length;
    const char *s = LLVMDITypeGetName(LLVMValueAsMetadata(node), &length);
    return s && length ? text("%.*s", (int)length, s) : "";
}

static bool is_type_kind(LLVMMetadataKind k)
{
    return k == LLVMDICompositeTypeMetadataKind || k == LLVMDIDerivedTypeMetadataKind || k == LLVMDISubroutineTypeMetadataKind;
}

/* Collects named structures from a compile unit or function on. */
static void learn(LLVMValueRef node)
{
    LLVMValueRef *part;
    if (!node || !LLVMIsAMDNode(node) || map_get(&visited, node))
        return;
    LLVMMetadataKind kind = LLVMGetMetadataKind(LLVMValueAsMetadata(node));
    if (!is_type_kind(kind) && kind != LLVMMDTupleMetadataKind && kind != LLVMDICompileUnitMetadataKind && kind != LLVMDISubprogramMetadataKind)
        return;
    map_put(&visited, node, node);
    int count = operands(node, &part);
    if (kind == LLVMDICompositeTypeMetadataKind && *type_name(node)) {
        struct known_type *t = fresh(sizeof(*t));
        *t = (struct known_type){type_name(node), LLVMDITypeGetSizeInBits(LLVMValueAsMetadata(node)), node};
        vec_add(&known_types, t);
    }
    for (int i = 0; i < count; i++)
        learn(part[i]);
}

static void learn_types(void)
{
    unsigned count = LLVMGetNamedMetadataNumOperands(module, "llvm.dbg.cu");
    LLVMValueRef *unit = fresh(count * sizeof(*unit));
    LLVMGetNamedMetadataOperands(module, "llvm.dbg.cu", unit);
    for (unsigned i = 0; i < count; i++)
        learn(unit[i]);
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
        if (LLVMGetSubprogram(f))
            learn(as_value(LLVMGetSubprogram(f)));
}

const char *tag_of(LLVMTypeRef t)
{
    const char *name = LLVMGetTypeKind(t) == LLVMStructTypeKind ? LLVMGetStructName(t) : NULL;
    if (!name || strncmp(name, "struct.", 7))
        return NULL;
    return text("%.*s", (int)strcspn(name + 7, "."), name + 7);
}

/* The linker keeps several types for one structure of the source: the first stands for all. */
LLVMTypeRef representative(LLVMTypeRef t)
{
    static struct vec first, of; /* types; map: type to its representative */
    const char *tag = tag_of(t);
    LLVMTypeRef known = tag ? map_get(&of, t) : t;
    for (int i = 0; !known && i < first.count; i++) {
        LLVMTypeRef other = first.at[i];
        if (!strcmp(tag_of(other), tag) && LLVMCountStructElementTypes(other) == LLVMCountStructElementTypes(t) &&
            LLVMTypeIsSized(t) && LLVMSizeOfTypeInBits(layout, other) == LLVMSizeOfTypeInBits(layout, t))
            known = other;
    }
    if (!known && LLVMTypeIsSized(t))
        vec_add(&first, t);
    known = known ? known : t;
    if (tag)
        map_put(&of, t, known);
    return known;
}

static LLVMValueRef source_type(LLVMTypeRef t)
{
    LLVMValueRef found = map_get(&matched, t);
    const char *tag = tag_of(t);
    if (found || !tag || !LLVMTypeIsSized(t))
        return found;
    uint64_t bits = LLVMSizeOfTypeInBits(layout, t);
    for (int i = 0; i < known_types.count && !found; i++) {
        struct known_type *k = known_types.at[i];
        if (k->bits == bits && !strcmp(k->name, tag))
            found = k->node;
    }
    if (found)
        map_put(&matched, t, found);
    return found;
}

static const char *member_at(LLVMValueRef type, uint64_t offset)
{
    LLVMValueRef *part, *member;
    int count = type && operands(type, &part) > 4 ? operands(part[4], &member) : 0;
    for (int i = 0; i < count; i++)
        if (LLVMDITypeGetOffsetInBits(LLVMValueAsMetadata(member[i])) == offset)
            return type_name(member[i]);
    return "";
}

const char *field_name(LLVMTypeRef structure, unsigned index)
{
    LLVMValueRef node = source_type(structure);
    const char *name = node ? member_at(node, LLVMOffsetOfElement(layout, structure, index) * 8) : "";
    return *name ? name : NULL;
}

const char *unit_of(LLVMValueRef function)
{
    LLVMValueRef *part;
    LLVMMetadataRef program = LLVMGetSubprogram(function), file;
    unsigned length;
    if (!program || operands(as_value(program), &part) < 6 || !part[5])
        return "";
    file = LLVMDIScopeGetFile(LLVMValueAsMetadata(part[5]));
    const char *name = LLVMDIFileGetFilename(file, &length);
    return text("%.*s", (int)length, name);
}

/* Pointers are printed as "struct x *". */
static const char *spelled(LLVMValueRef type)
{
    LLVMValueRef *part;
    if (!type)
        return "void";
    if (*type_name(type))
        return LLVMGetMetadataKind(LLVMValueAsMetadata(type)) == LLVMDICompositeTypeMetadataKind ? text("struct %s", type_name(type)) : type_name(type);
    if (operands(type, &part) < 4)
        return "void";
    bool pointer = LLVMDITypeGetSizeInBits(LLVMValueAsMetadata(type)) == 64;
    return pointer ? text("%s *", spelled(part[3])) : text("const %s", spelled(part[3])); /* what has no size of its own is const */
}

/* The compiler hands a small structure over in parts, X.coerce0 and X.coerce1: the parameter of the source, and which part. */
static unsigned source_index(LLVMValueRef function, unsigned index, unsigned *part)
{
    unsigned source = 0;
    for (unsigned i = 0; i <= index; i++) {
        const char *name = name_of(LLVMGetParam(function, i)), *dot = strstr(name, ".coerce");
        *part = dot ? atoi(dot + 7) : 0;
        source += strcmp(name, "agg.result") && !*part;
    }
    return source - 1;
}

static LLVMValueRef source_parameter(LLVMValueRef function, unsigned source)
{
    LLVMValueRef *program, *subroutine, *type;
    LLVMMetadataRef node = LLVMGetSubprogram(function);
    if (!node || operands(as_value(node), &program) < 5 || operands(program[4], &subroutine) < 4)
        return NULL;
    return operands(subroutine[3], &type) > (int)source + 1 ? type[source + 1] : NULL;
}

const char *parameter_type(LLVMValueRef function, unsigned index)
{
    unsigned part;
    LLVMValueRef type = source_parameter(function, source_index(function, index, &part));
    return type ? spelled(type) : "unsigned long";
}

bool is_part(LLVMValueRef function, unsigned index, unsigned *part)
{
    source_index(function, index, part);
    return strstr(name_of(LLVMGetParam(function, index)), ".coerce") != NULL;
}

const char *parameter_name(LLVMValueRef function, unsigned index)
{
    const char *name = name_of(LLVMGetParam(function, index)), *dot = strstr(name, ".coerce");
    return dot ? text("%.*s", (int)(dot - name), name) : name;
}

const char *parameter_part(LLVMValueRef function, unsigned index)
{
    unsigned part, source = source_index(function, index, &part);
    return text("%s.%s", parameter_name(function, index), member_at(source_parameter(function, source), part * 64));
}

/* Through const and arrays. */
const char *tag_of_global(LLVMValueRef global)
{
    size_t count;
    LLVMValueMetadataEntry *all = LLVMGlobalCopyAllMetadata(global, &count);
    LLVMValueRef *part, node = NULL;
    for (size_t i = 0; i < count; i++) {
        LLVMMetadataRef m = LLVMValueMetadataEntriesGetMetadata(all, i);
        if (LLVMGetMetadataKind(m) == LLVMDIGlobalVariableExpressionMetadataKind)
            node = as_value(LLVMDIGlobalVariableExpressionGetVariable(m));
    }
    LLVMDisposeValueMetadataEntries(all);
    while (node && operands(node, &part) >= 4) {
        node = part[3]; /* the type of a variable, the base of a type */
        if (node && LLVMGetMetadataKind(LLVMValueAsMetadata(node)) == LLVMDICompositeTypeMetadataKind && *type_name(node))
            return type_name(node);
    }
    return NULL;
}

/* --- marks --- */

static const char *annotation(LLVMValueRef row)
{
    LLVMValueRef string = LLVMGetOperand(row, 1);
    size_t length;
    if (LLVMIsAConstantExpr(string))
        string = LLVMGetOperand(string, 0);
    return LLVMGetAsString(LLVMGetInitializer(string), &length);
}

const char *mark_starting(LLVMValueRef function, const char *start)
{
    LLVMValueRef all = LLVMGetNamedGlobal(module, "llvm.global.annotations");
    LLVMValueRef rows = all ? LLVMGetInitializer(all) : NULL;
    for (int i = 0; rows && i < LLVMGetNumOperands(rows); i++) {
        LLVMValueRef row = LLVMGetOperand(rows, i);
        const char *mark = annotation(row);
        if (stripped(LLVMGetOperand(row, 0)) == function && !strncmp(mark, start, strlen(start)))
            return mark + strlen(start);
    }
    return NULL;
}
