package sk2siem.http;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.elasticsearch.cluster.node.DiscoveryNodes;
import org.elasticsearch.common.io.stream.NamedWriteableRegistry;
import org.elasticsearch.common.network.NetworkService;
import org.elasticsearch.common.settings.ClusterSettings;
import org.elasticsearch.common.settings.Setting;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.common.util.BigArrays;
import org.elasticsearch.common.util.PageCacheRecycler;
import org.elasticsearch.common.util.concurrent.ThreadContext;
import org.elasticsearch.features.NodeFeature;
import org.elasticsearch.http.HttpPreRequest;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.index.mapper.KeywordFieldMapper;
import org.elasticsearch.index.mapper.Mapper;
import org.elasticsearch.index.mapper.TextFieldMapper;
import org.elasticsearch.indices.breaker.CircuitBreakerService;
import org.elasticsearch.plugins.ActionPlugin;
import org.elasticsearch.plugins.MapperPlugin;
import org.elasticsearch.plugins.NetworkPlugin;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.telemetry.TelemetryProvider;
import org.elasticsearch.threadpool.ThreadPool;
import org.elasticsearch.transport.Transport;
import org.elasticsearch.xcontent.NamedXContentRegistry;

/** The module that gives the bare server a way in, and what its published jars lack of a default distribution. */
public final class FrontDoor extends Plugin implements NetworkPlugin, ActionPlugin, MapperPlugin {

    @Override
    public Map<String, Supplier<HttpServerTransport>> getHttpTransports(
        Settings settings,
        ThreadPool threadPool,
        BigArrays bigArrays,
        PageCacheRecycler recycler,
        CircuitBreakerService breakers,
        NamedXContentRegistry contentRegistry,
        NetworkService network,
        HttpServerTransport.Dispatcher dispatcher,
        BiConsumer<HttpPreRequest, ThreadContext> requestContext,
        ClusterSettings clusterSettings,
        TelemetryProvider telemetry
    ) {
        return Map.of(
            "jdk",
            () -> new JdkHttpTransport(
                settings, network, recycler, threadPool, contentRegistry, dispatcher, clusterSettings, telemetry, requestContext
            )
        );
    }

    @Override
    public Map<String, Supplier<Transport>> getTransports(
        Settings settings,
        ThreadPool threadPool,
        PageCacheRecycler recycler,
        CircuitBreakerService breakers,
        NamedWriteableRegistry registry,
        NetworkService network
    ) {
        return Map.of("loopback", LoopbackTransport::new);
    }

    @Override
    public Collection<RestHandler> getRestHandlers(
        RestHandlersServices services, Supplier<DiscoveryNodes> nodes, Predicate<NodeFeature> clusterSupports
    ) {
        return List.of(new RootHandler(nodes));
    }

    /** Field types of unpublished modules, by the nearest type of the server: the failure store's own mapping needs the first. */
    @Override
    public Map<String, Mapper.TypeParser> getMappers() {
        return Map.of(
            "match_only_text", TextFieldMapper.PARSER,
            "wildcard", KeywordFieldMapper.PARSER,
            "constant_keyword", KeywordFieldMapper.PARSER
        );
    }

    /** Life-cycle management is not part of the jars: index templates may name a policy all the same. */
    @Override
    public List<Setting<?>> getSettings() {
        return List.of(
            Setting.simpleString("index.lifecycle.name", Setting.Property.Dynamic, Setting.Property.IndexScope),
            Setting.simpleString("index.lifecycle.rollover_alias", Setting.Property.Dynamic, Setting.Property.IndexScope)
        );
    }
}
