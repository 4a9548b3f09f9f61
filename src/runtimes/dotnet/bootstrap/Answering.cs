using System;
using System.Reflection;

namespace Lambkin.Runtime
{
    /// <summary>An object of an interface that only the function's libraries know, answered by the members' names.</summary>
    public class Answering : DispatchProxy
    {
        private static readonly MethodInfo CreateProxy =
            typeof(DispatchProxy).GetMethod("Create", new Type[0]);

        private Func<MethodInfo, object[], object> answer;

        public static object Create(Type type, Func<MethodInfo, object[], object> answer)
        {
            var proxy = CreateProxy.MakeGenericMethod(type, typeof(Answering)).Invoke(null, null);
            ((Answering)proxy).answer = answer;
            return proxy;
        }

        protected override object Invoke(MethodInfo method, object[] arguments)
        {
            var value = answer(method, arguments);
            // Later versions may have members of which nothing is known here.
            if (value == null && method.ReturnType.IsValueType && method.ReturnType != typeof(void))
                return Activator.CreateInstance(method.ReturnType);
            return value;
        }
    }
}
