using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using System.Threading.Tasks;

namespace Lambkin.Runtime
{
    /// <summary>What a method takes and gives; null is what it doesn't.</summary>
    public sealed class Signature
    {
        public Type Input { get; set; }

        public Type Context { get; set; }

        public Type Output { get; set; }
    }

    /// <summary>
    /// Finds the method that a handler `ASSEMBLY::TYPE::METHOD` names
    /// (https://docs.aws.amazon.com/lambda/latest/dg/csharp-handler.html).
    /// </summary>
    public static class HandlerLoader
    {
        private const string Core = "Amazon.Lambda.Core.";
        private const string Format = "The valid format is 'ASSEMBLY::TYPE::METHOD'.";
        private const BindingFlags All =
            BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static |
            BindingFlags.Instance;

        public static Handler Load(string handler)
        {
            var (assemblyName, typeName, methodName) = Parse(handler);
            var assembly = LoadAssembly(assemblyName);
            var type = assembly.GetType(typeName) ?? throw Invalid(
                $"Unable to load type '{typeName}' from assembly '{assemblyName}'.");
            var method = FindMethod(type, methodName) ?? throw Invalid(
                $"Unable to find method '{methodName}' in type '{typeName}' from assembly '{assemblyName}': " +
                $"Found no methods matching method name '{methodName}'.");
            RefuseUnsuitable(method);
            RefuseUnsuitable(type, method);
            if (method.IsStatic) RuntimeHelpers.RunClassConstructor(type.TypeHandle);
            // What a constructor throws is the cause of a TargetInvocationException, as with AWS's runtime.
            var instance = method.IsStatic ? null : Activator.CreateInstance(type);
            var serializer = SerializerOf(method, assembly);
            var signature = SignatureOf(method, typeName);
            if (serializer == null) RefuseUnserialized(signature, assemblyName, methodName);
            return new Handler(method, instance, serializer, signature);
        }

        public static bool IsSerializer(Type type)
        {
            return type.FullName == Core + "ILambdaSerializer";
        }

        private static (string, string, string) Parse(string handler)
        {
            if (handler == "") throw Invalid("Empty lambda function handler. " + Format);
            var parts = handler.Split(new[] { "::" }, 3, StringSplitOptions.None);
            var invalid = $"Invalid lambda function handler: '{handler}'";
            if (parts.Length != 3) throw Invalid($"{invalid}. {Format}");
            for (var i = 0; i < parts.Length; i++)
            {
                parts[i] = parts[i].Trim();
                if (parts[i] == "")
                    throw Invalid($"{invalid}, the {new[] { "assembly", "type", "method" }[i]} is missing. {Format}");
            }
            return (parts[0], parts[1], parts[2]);
        }

        private static Assembly LoadAssembly(string name)
        {
            try
            {
                return AssemblyLoadContext.Default.LoadFromAssemblyName(new AssemblyName(name));
            }
            catch (FileNotFoundException missing)
            {
                throw Invalid(
                    $"Could not find the specified handler assembly with the file name '{missing.FileName}'. " +
                    "The assembly should be located in the root of your uploaded .zip file.");
            }
            catch (Exception error) when (error is BadImageFormatException || error is FileLoadException)
            {
                throw Invalid($"Unable to load assembly '{name}'.");
            }
        }

        /// <summary>By its name, which must have no overloads, or by its whole signature.</summary>
        private static MethodInfo FindMethod(Type type, string name)
        {
            foreach (var bySignature in new[] { false, true })
            {
                for (var owner = type; owner != null; owner = owner.BaseType)
                {
                    var methods = owner.GetMethods(All);
                    var found = Array.FindAll(methods, one => (bySignature ? one.ToString() : one.Name) == name);
                    if (found.Length == 1) return found[0];
                    if (found.Length == 0) continue;
                    throw Invalid(
                        $"The method '{name}' in type '{owner.FullName}' appears to have a number of overloads. To call " +
                        "this method please specify a complete method signature. Possible candidates are:\n" +
                        $"{string.Join("\n", (IEnumerable<MethodInfo>)found)}.");
                }
            }
            return null;
        }

        private static void RefuseUnsuitable(MethodInfo method)
        {
            var unusable = $"The method '{method}' cannot be used as a Lambda Handler because it is";
            if (method.IsAbstract)
                throw Invalid(
                    $"{unusable} an abstract method. Handler methods cannot be abstract. Please specify a non-abstract " +
                    "handler method.");
            if (method.IsGenericMethod)
                throw Invalid(
                    $"{unusable} a generic method. Handler methods cannot be generic. Please specify a non-generic " +
                    "handler method.");
            if (method.ReturnType == typeof(void) && method.IsDefined(typeof(AsyncStateMachineAttribute)))
                throw Invalid(
                    $"{unusable} an 'async void' method. Handler methods cannot be 'async void'. Please specify a method " +
                    "that is not 'async void'.");
            var parameters = method.GetParameters();
            if (parameters.Length > 0 && parameters[parameters.Length - 1].IsDefined(typeof(ParamArrayAttribute)))
                throw Invalid(
                    $"{unusable} a 'params' method. Please specify a method that does not use 'params'.");
            if ((method.CallingConvention & CallingConventions.VarArgs) != 0)
                throw Invalid(
                    $"{unusable} a 'vararg (variable arguments)' method. Please specify a method that is not 'vararg'.");
        }

        private static void RefuseUnsuitable(Type type, MethodInfo method)
        {
            if (type.IsGenericType)
                throw Invalid(
                    $"The type '{type.FullName}' cannot be used as a Lambda Handler type because it is generic. Handler " +
                    "methods cannot be located in generic types. Please specify a handler method in a non-generic type.");
            if (!method.IsStatic && type.IsAbstract)
                throw Invalid(
                    $"The instance method '{method}' cannot be used as a Lambda Handler because its type " +
                    $"'{type.FullName}' is abstract. Please either use a static handler or specify a type that is not " +
                    "abstract.");
            if (!type.IsClass && (!type.IsValueType || type.IsPrimitive || type.IsEnum))
                throw Invalid(
                    $"The type '{type.FullName}' cannot be used as a handler type since it is not a class or a struct. " +
                    "Please specify a handler method on a class or struct.");
        }

        private static Signature SignatureOf(MethodInfo method, string typeName)
        {
            var types = Array.ConvertAll(method.GetParameters(), parameter => parameter.ParameterType);
            var unsupported = $"Method '{method.Name}' of type '{typeName}' is not supported: the method has";
            if (types.Length > 2) throw Invalid($"{unsupported} more than 2 parameters.");
            if (types.Length == 2 && !IsContext(types[1]))
                throw Invalid(
                    $"{unsupported} 2 parameters, but the second parameter is not of type '{Core}ILambdaContext'.");
            var signature = new Signature { Output = OutputOf(method.ReturnType) };
            foreach (var type in types)
            {
                if (IsContext(type)) signature.Context = type;
                else signature.Input = type;
            }
            return signature;
        }

        private static Type OutputOf(Type type)
        {
            if (type == typeof(void)) return null;
            if (!typeof(Task).IsAssignableFrom(type)) return type;
            return Handler.TaskWithResult(type)?.GenericTypeArguments[0];
        }

        private static bool IsContext(Type type)
        {
            return type.FullName == Core + "ILambdaContext";
        }

        private static void RefuseUnserialized(Signature signature, string assembly, string method)
        {
            if (signature.Input != null && signature.Input != typeof(Stream))
                throw Unserialized("deserialize input", signature.Input, assembly, method);
            if (signature.Output != null && !typeof(Stream).IsAssignableFrom(signature.Output))
                throw Unserialized("serialize output", signature.Output, assembly, method);
        }

        private static Exception Unserialized(string direction, Type type, string assembly, string method)
        {
            return Invalid(
                $"Could not find the LambdaSerializerAttribute on the assembly '{assembly}' or method '{method}' while " +
                $"attempting to {direction} data of type '{type.FullName}'. To use types other than System.IO.Stream as " +
                "input/output parameters, the assembly or Lambda function should be annotated with " +
                $"{Core}LambdaSerializerAttribute.");
        }

        /// <summary>What the attribute of the method, else of the assembly, names; null if there is none.</summary>
        private static object SerializerOf(MethodInfo method, Assembly assembly)
        {
            var attribute = SerializerAttribute(method.GetCustomAttributes(false)) ??
                SerializerAttribute(assembly.GetCustomAttributes(false));
            if (attribute == null) return null;
            var name = attribute.GetType().FullName;
            var property = attribute.GetType().GetProperty("SerializerType") ?? throw Invalid(
                $"The '{name}' class is invalid: no 'SerializerType' property detected.");
            if (!(property.GetValue(attribute) is Type type))
                throw Invalid($"The 'SerializerType' property on attribute class '{name}' is not set.");
            if (type.GetConstructor(Type.EmptyTypes) == null)
                throw Invalid(
                    $"The indicated serializer '{type.FullName}' does not define a public zero-parameter constructor.");
            if (!Array.Exists(type.GetInterfaces(), IsSerializer))
                throw Invalid(
                    $"The '{type.FullName}' class is invalid: it does not implement the 'ILambdaSerializer' interface.");
            return Activator.CreateInstance(type);
        }

        private static object SerializerAttribute(object[] attributes)
        {
            return Array.Find(attributes, one => one.GetType().FullName == Core + "LambdaSerializerAttribute");
        }

        private static LambdaValidationException Invalid(string message)
        {
            return new LambdaValidationException(message);
        }
    }
}
