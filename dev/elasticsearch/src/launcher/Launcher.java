package sk2siem.launcher;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginBundle;
import org.elasticsearch.plugins.PluginsLoader;

/** Starts Elasticsearch's own node with one module, the front door, and no plugins: {@code Launcher HOME PORT [setting=value …]}. */
public final class Launcher {

    private static final String NODE_NAME = "local";
    private static final List<String> FOLDERS = List.of("config", "data", "logs", "plugins", "modules", "lib");

    private Launcher() {}

    public static void main(String[] arguments) throws Exception {
        try {
            Node node = createNode(Path.of(arguments[0]), arguments[1], List.of(arguments).subList(2, arguments.length));
            CountDownLatch closed = new CountDownLatch(1);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> close(node, closed), "shutdown"));
            node.start();
            closed.await();
        } catch (Exception failure) {
            failure.printStackTrace();
            System.exit(1); // the node's own threads would keep a half-started process alive
        }
    }

    private static Node createNode(Path home, String port, List<String> extra) throws Exception {
        for (String folder : FOLDERS) {
            Files.createDirectories(home.resolve(folder));
        }
        LogConfigurator.configureESLogging();
        Settings settings = settings(home, port, extra);
        LogConfigurator.configureWithoutConfig(settings);
        Environment environment =
            InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), home.resolve("config"), () -> NODE_NAME);
        Set<PluginBundle> modules =
            PluginsLoader.loadModulesBundles(environment.modulesDir(), false);
        return new Node(environment, PluginsLoader.createPluginsLoader(modules, Set.of(), Map.of(), false));
    }

    private static Settings settings(Path home, String port, List<String> extra) {
        Settings.Builder settings = Settings.builder()
            .put("path.home", home)
            .put("cluster.name", "sk2siem-dev")
            .put("node.name", NODE_NAME)
            .put("discovery.type", "single-node")
            .put("transport.type", "loopback")
            .put("http.type", "jdk")
            .put("http.port", port)
            .put("network.host", "127.0.0.1")
            // a nearly full laptop must not make every index read-only
            .put("cluster.routing.allocation.disk.threshold_enabled", false);
        for (String setting : extra) {
            String[] nameAndValue = setting.split("=", 2);
            settings.put(nameAndValue[0], nameAndValue[1]);
        }
        return settings.build();
    }

    private static void close(Node node, CountDownLatch closed) {
        try {
            node.close();
        } catch (Exception failure) {
            failure.printStackTrace();
        } finally {
            closed.countDown();
        }
    }
}
